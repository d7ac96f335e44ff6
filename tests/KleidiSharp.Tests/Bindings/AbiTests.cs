// SPDX-License-Identifier: Apache-2.0
using System.Reflection;
using System.Runtime.InteropServices;
using KleidiSharp.Interop;

namespace KleidiSharp.Tests.Bindings;

public class AbiTests
{
    private static readonly MethodInfo[] Functions =
    [
        .. typeof(NativeMethods).GetMethods(BindingFlags.Static | BindingFlags.Public)
            .Where(m => m.Attributes.HasFlag(MethodAttributes.PinvokeImpl)),
    ];

    [Fact]
    public void This_runtime_lays_structs_out_as_the_header_says()
    {
        Assert.NotEmpty(AbiLayout.Entries);
        foreach ((string name, int bytes) in AbiLayout.Entries)
        {
            // sizeof(struct) or offsetof(struct, field)
            string[] words = name.Split(['(', ',', ')'], StringSplitOptions.TrimEntries);
            Type type = typeof(AbiLayout).Assembly.GetType($"KleidiSharp.Interop.{words[1]}", throwOnError: true)!;
            Assert.Equal((name, bytes), (name, words[0] == "sizeof" ? Marshal.SizeOf(type) : (int)Marshal.OffsetOf(type, words[2])));
        }
    }

    [Fact]
    public void Every_argument_struct_begins_with_its_size()
    {
        IEnumerable<Type> structs = typeof(AbiLayout).Assembly.GetTypes()
            .Where(t => t.Name.StartsWith("ks_", StringComparison.Ordinal) && t.IsValueType && !t.IsEnum && t != typeof(ks_team));
        Assert.All(structs, t => Assert.Equal(0, (int)Marshal.OffsetOf(t, nameof(ks_shape.struct_size))));
    }

    [Fact]
    public void The_generated_constants_are_the_headers()
    {
        Assert.Equal((uint)NativeMethods.KS_ABI_VERSION, AbiLayout.Version);
    }

    [Fact]
    public void Functions_are_bound_when_they_are_called_and_not_before()
    {
        // With SuppressGCTransition the runtime binds a function when it compiles the caller: a method that would ask the
        // loader first then fails before it runs.
        Assert.NotEmpty(Functions);
        Assert.All(Functions, f => Assert.Null(f.GetCustomAttribute<SuppressGCTransitionAttribute>()));
    }

    [Fact]
    public void Functions_are_blittable()
    {
        Assert.All(Functions.SelectMany(f => f.GetParameters().Append(f.ReturnParameter)), p =>
            Assert.True(IsBlittable(p.ParameterType), $"{p.Member.Name}: {p.ParameterType} {p.Name}"));
    }

    private static bool IsBlittable(Type type) => type.IsPointer || type.IsPrimitive || type.IsUnmanagedFunctionPointer;

    [SkippableFact]
    public void The_library_that_was_built_passes_the_handshake()
    {
        NeedLibrary();
        Assert.Equal(AbiLayout.Version, NativeMethods.ks_abi_version());
        Assert.True(File.Exists(NativeLoader.LoadedPath), NativeLoader.LoadedPath);
    }

    [SkippableFact]
    public void The_library_exports_every_function()
    {
        NeedLibrary();
        nint library = NativeLibrary.Load(NativeLoader.LoadedPath!);
        Assert.All(Functions, f => Assert.True(NativeLibrary.TryGetExport(library, f.Name, out _), f.Name));
    }

    private static void NeedLibrary()
    {
        bool loaded = NativeLoader.TryLoad(out string? failure);
        Skip.If(!loaded && !SourceTree.InCI, failure);
        Assert.True(loaded, failure);
    }
}
