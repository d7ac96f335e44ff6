// SPDX-License-Identifier: Apache-2.0
using System;
using System.Linq;
using System.Runtime.InteropServices;
using KleidiSharp.Interop;
using static KleidiSharp.Interop.NativeMethods;

namespace KleidiSharp.Mono.Tests;

/// <summary>The handshake, the versions, the processor and the kernel table.</summary>
internal static unsafe class LibraryChecks
{
    public static void Versions()
    {
        Check.True(Check.Call(ks_abi_version()) == AbiLayout.Version, "the ABI version");
        Check.True(Check.Text(Check.Call(ks_version())).Length > 0, "the version of the library is empty");
        Check.Text(Check.Call(ks_kleidiai_version()));
    }

    /// <summary>The header's compiler, the library's compiler and this runtime agree on every size and offset.</summary>
    public static void Layout()
    {
        int count;
        int* values = (int*)Check.Call(ks_abi_layout(&count));
        Check.True(count == AbiLayout.Entries.Length, $"the library has {count} layout values");
        for (int i = 0; i < count; i++)
        {
            (string name, int bytes) = AbiLayout.Entries[i];
            Check.True(values[i] == bytes, $"{name} is {values[i]} in the library, {bytes} in the bindings");
            int here = InThisRuntime(name);
            Check.True(here == bytes, $"{name} is {here} in this runtime, {bytes} in the bindings");
        }
    }

    public static void Cpu()
    {
        var info = new ks_cpu_info { struct_size = (uint)sizeof(ks_cpu_info) };
        Check.Ok(ks_get_cpu_info(&info));
        bool neon = (info.features & (ulong)ks_cpu_feature.KS_CPU_NEON) != 0;
        Check.True(neon == (info.arch == (uint)ks_arch.KS_ARCH_ARM64), "NEON is what every arm64 has, and no other");
        string kleidiAI = Check.Text(Check.Call(ks_kleidiai_version()));
        Console.WriteLine($"  {(ks_arch)info.arch}, features 0x{info.features:X}, KleidiAI '{kleidiAI}'");

        info.struct_size = 4;
        Check.Fails(ks_status.KS_ERROR_STRUCT_SIZE, "struct_size", ks_get_cpu_info(&info));
        Check.Fails(ks_status.KS_ERROR_NULL, "info", ks_get_cpu_info(null));
    }

    /// <summary>Every row can be read, and the row chosen is the first that nothing speaks against.</summary>
    public static void KernelTable()
    {
        int rows = Check.Call(ks_kernel_count());
        Check.True(rows > 0, "the kernel table is empty");
        foreach (ks_format format in Enum.GetValues(typeof(ks_format)))
        {
            var args = new ks_select_args
            {
                struct_size = (uint)sizeof(ks_select_args),
                format = (int)format,
                group = new Format(format).Group(32),
                m = 1,
                n = 64,
                k = 64,
                disabled_tiers = KS_TIERS_ON_REQUEST,
            };
            int chosen;
            Check.Ok(ks_select_kernel(&args, &chosen));
            var reasons = new int[rows];
            for (int i = 0; i < rows; i++)
            {
                int reason;
                Check.Ok(ks_check_kernel(i, &args, &reason));
                reasons[i] = reason;
            }

            int first = Array.IndexOf(reasons, (int)ks_reject.KS_REJECT_NONE);
            Check.True(first == chosen, $"row {chosen} was chosen for {format}, row {first} is the first that fits");
            Console.WriteLine($"  {format}, m = 1: {Name(chosen)}");
        }

        var info = new ks_kernel_info { struct_size = (uint)sizeof(ks_kernel_info) };
        Check.Fails(ks_status.KS_ERROR_VALUE, "index", ks_get_kernel_info(rows, &info));
    }

    public static void LayoutFormulas()
    {
        foreach (ks_layout layout in Enum.GetValues(typeof(ks_layout)))
        {
            Check.Ok(ks_verify_layout((int)layout));
        }

        Check.Fails(ks_status.KS_ERROR_VALUE, "layout", ks_verify_layout(99));
    }

    /// <summary>Reads a row of the kernel table.</summary>
    public static ks_kernel_info Kernel(int index)
    {
        var info = new ks_kernel_info { struct_size = (uint)sizeof(ks_kernel_info) };
        Check.Ok(ks_get_kernel_info(index, &info));
        return info;
    }

    private static string Name(int index) => Check.Text((IntPtr)Kernel(index).name);

    // The entry is sizeof(struct) or offsetof(struct, field).
    private static int InThisRuntime(string entry)
    {
        string[] words = entry.Split('(', ',', ')').Select(w => w.Trim()).ToArray();
        Type type = typeof(AbiLayout).Assembly.GetType($"{typeof(AbiLayout).Namespace}.{words[1]}", throwOnError: true)!;
        return words[0] == "sizeof" ? Marshal.SizeOf(type) : Marshal.OffsetOf(type, words[2]).ToInt32();
    }
}
