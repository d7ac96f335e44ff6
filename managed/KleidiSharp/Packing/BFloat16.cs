// SPDX-License-Identifier: Apache-2.0
using System.Runtime.CompilerServices;

namespace KleidiSharp;

/// <summary>bfloat16 as its 16 bits: the top half of a float.</summary>
internal static class BFloat16
{
    public static float ToSingle(ushort bits) => BitConverter.UInt32BitsToSingle((uint)bits << 16);

    /// <summary>Nearest, ties to even. The value is no NaN but the quiet one of results.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ushort Round(float value)
    {
        uint bits = BitConverter.SingleToUInt32Bits(value);
        return (ushort)((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16);
    }

    public static bool IsExact(float value) => (ushort)BitConverter.SingleToUInt32Bits(value) == 0;
}
