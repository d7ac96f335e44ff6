// SPDX-License-Identifier: Apache-2.0
using System.Runtime.InteropServices;

namespace KleidiSharp.Interop;

/// <summary>Compares what a library says of itself with what the bindings were generated from.</summary>
internal static unsafe class Handshake
{
    /// <summary>The function that every version of the library has.</summary>
    public const string VersionFunction = nameof(NativeMethods.ks_abi_version);

    private const string BuildBoth = "build library and assembly from the same sources, or take both from one KleidiSharp package";

    /// <summary>Checks a library that was loaded but not used yet.</summary>
    /// <returns>Null where it fits, else what does not.</returns>
    public static LibraryFault? Check(nint library)
    {
        if (!NativeLibrary.TryGetExport(library, VersionFunction, out nint version))
        {
            return new($"it has no function {VersionFunction}, so it is not the library of KleidiSharp", "name another file");
        }

        uint actual = ((delegate* unmanaged[Cdecl]<uint>)version)();
        if (actual != AbiLayout.Version)
        {
            bool older = actual < AbiLayout.Version;
            return new(
                $"its ABI is version {actual}, this assembly needs version {AbiLayout.Version}: "
                    + $"the library is {(older ? "older" : "newer")} than the assembly",
                older
                    ? "update the library: take that of this assembly's package, or build it again"
                    : "update the KleidiSharp package, or take the library of the one that is there");
        }

        if (!NativeLibrary.TryGetExport(library, nameof(NativeMethods.ks_abi_layout), out nint layout))
        {
            return new($"it has no function {nameof(NativeMethods.ks_abi_layout)}", BuildBoth);
        }

        int count = 0;
        int* values = ((delegate* unmanaged[Cdecl]<int*, int*>)layout)(&count);
        return Compare(new ReadOnlySpan<int>(values, Math.Max(count, 0))) is { } difference
            ? new(difference, BuildBoth)
            : null;
    }

    /// <summary>Compares the library's layout table with the generated one.</summary>
    /// <returns>Null where they are equal, else the first difference.</returns>
    public static string? Compare(ReadOnlySpan<int> values)
    {
        for (int i = 0; i < Math.Min(values.Length, AbiLayout.Entries.Length); i++)
        {
            (string name, int bytes) = AbiLayout.Entries[i];
            if (values[i] != bytes)
            {
                return $"{name} is {values[i]} in the library, {bytes} in this assembly";
            }
        }

        return values.Length == AbiLayout.Entries.Length
            ? null
            : $"its layout table has {values.Length} values, this assembly's has {AbiLayout.Entries.Length}";
    }
}
