// SPDX-License-Identifier: Apache-2.0
using System.Runtime.InteropServices;

namespace KleidiSharp.Interop;

/// <summary>Compares what a library says of itself with what the bindings were generated from.</summary>
internal static unsafe class Handshake
{
    /// <summary>The function that every version of the library has.</summary>
    public const string VersionFunction = nameof(NativeMethods.ks_abi_version);

    /// <summary>Checks a library that was loaded but not used yet.</summary>
    /// <returns>Null where it fits, else what does not.</returns>
    public static string? Check(nint library)
    {
        if (!NativeLibrary.TryGetExport(library, VersionFunction, out nint version))
        {
            return $"it has no function {VersionFunction}, so it is not the library of KleidiSharp";
        }

        uint actual = ((delegate* unmanaged[Cdecl]<uint>)version)();
        if (actual != AbiLayout.Version)
        {
            return $"its ABI is version {actual}, this assembly needs version {AbiLayout.Version}";
        }

        if (!NativeLibrary.TryGetExport(library, nameof(NativeMethods.ks_abi_layout), out nint layout))
        {
            return $"it has no function {nameof(NativeMethods.ks_abi_layout)}";
        }

        int count = 0;
        int* values = ((delegate* unmanaged[Cdecl]<int*, int*>)layout)(&count);
        return Compare(new ReadOnlySpan<int>(values, Math.Max(count, 0)));
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
