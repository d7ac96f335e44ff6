// SPDX-License-Identifier: Apache-2.0
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace KleidiSharp.Interop;

/// <summary>What this process runs on, as far as it decides which native library fits.</summary>
internal static unsafe class HostDescription
{
    /// <summary>The runtime identifiers whose folders may hold a fitting library, the runtime's own first.</summary>
    public static IReadOnlyList<string> RuntimeIdentifiers { get; } =
        [.. new[] { RuntimeInformation.RuntimeIdentifier, PortableIdentifier }.Distinct()];

    /// <summary>The C library of this process, for instance <c>glibc 2.36</c>.</summary>
    public static string CLibrary => GlibcVersion is { } version ? $"glibc {version}"
        : OperatingSystem.IsLinux() ? "musl, or another that is not glibc"
        : "the operating system's own";

    /// <summary>The processor: its architecture, and the features that .NET knows of and there are kernels for.</summary>
    public static string Cpu
    {
        get
        {
            (string Name, bool Supported)[] features =
            [
                ("neon", AdvSimd.IsSupported), ("dotprod", Dp.IsSupported),
                ("avx2", Avx2.IsSupported), ("fma", Fma.IsSupported),
                ("avx512", Avx512BW.VL.IsSupported && Avx512DQ.VL.IsSupported),
            ];
            string supported = string.Join(' ', features.Where(f => f.Supported).Select(f => f.Name));
            return $"{Architecture}; features that .NET knows of: {(supported.Length > 0 ? supported : "none")}";
        }
    }

    private static string Architecture => RuntimeInformation.ProcessArchitecture.ToString().ToLowerInvariant();

    // Identifiers such as debian.12-x64, which some builds of the runtime report, are folders of no package.
    private static string PortableIdentifier
    {
        get
        {
            string system = OperatingSystem.IsWindows() ? "win"
                : OperatingSystem.IsMacOS() ? "osx"
                : OperatingSystem.IsAndroid() ? "android"
                : OperatingSystem.IsLinux() && GlibcVersion is null ? "linux-musl"
                : "linux";
            return $"{system}-{Architecture}";
        }
    }

    private static string? GlibcVersion =>
        OperatingSystem.IsLinux()
        && NativeLibrary.TryGetExport(NativeLibrary.GetMainProgramHandle(), "gnu_get_libc_version", out nint function)
            ? Marshal.PtrToStringUTF8((nint)((delegate* unmanaged[Cdecl]<sbyte*>)function)())
            : null;

    /// <summary>The file name of a library on this system.</summary>
    public static string LibraryFileName(string name) =>
        OperatingSystem.IsWindows() ? $"{name}.dll" : OperatingSystem.IsMacOS() ? $"lib{name}.dylib" : $"lib{name}.so";
}
