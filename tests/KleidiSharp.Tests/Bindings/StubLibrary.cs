// SPDX-License-Identifier: Apache-2.0
using KleidiSharp.Interop;

namespace KleidiSharp.Tests.Bindings;

/// <summary>Tiny shared libraries that answer the handshake, right or wrong.</summary>
internal static class StubLibrary
{
    /// <summary>The layout table that the bindings expect.</summary>
    public static int[] RightLayout => [.. AbiLayout.Entries.Select(e => e.Bytes)];

    /// <summary>Compiles a library with the two functions of the handshake.</summary>
    public static string Build(TemporaryFolder folder, string name, uint version, int[] layout) => Compile(folder, name, $$"""
        #include <stdint.h>
        static const int32_t layout[] = { {{string.Join(", ", layout)}} };
        uint32_t ks_abi_version(void) { return {{version}}; }
        const int32_t *ks_abi_layout(int32_t *count) { *count = {{layout.Length}}; return layout; }
        """);

    /// <summary>Compiles a library that needs the C library, for one symbol.</summary>
    public static string NeedingLibc(TemporaryFolder folder) =>
        Compile(folder, "needing-libc.so", "int atoi(const char *); int stub(void) { return atoi(\"1\"); }");

    /// <summary>Compiles C to a shared library.</summary>
    public static string Compile(TemporaryFolder folder, string name, string source, params string[] options)
    {
        SourceTree.Need("gcc");
        string library = folder.Write(name, "");
        SourceTree.Run("gcc", ["-shared", "-fPIC", "-o", library, folder.Write("stub.c", source), .. options]);
        return library;
    }
}
