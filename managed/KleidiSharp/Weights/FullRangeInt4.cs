// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp;

/// <summary><see cref="Int4Mapping.FullRange"/>.</summary>
internal static class FullRangeInt4
{
    private const float SmallestNormal = 1.17549435e-38f;

    /// <summary>
    /// m = the value of largest magnitude, the first among equals; scale = m / -8 rounded to bfloat16, ties to even;
    /// code = value · (1 / scale) rounded, ties to even, and cut to -8..7, plus 8. Groups of next to nothing get the
    /// smallest scale whose reciprocal is finite.
    /// </summary>
    /// <param name="weights">A group, finite.</param>
    /// <param name="codes">Receives half as many bytes, the first code of each in the low nibble.</param>
    /// <returns>The scale, a bfloat16.</returns>
    public static ushort QuantizeGroup(ReadOnlySpan<float> weights, Span<byte> codes)
    {
        float largest = 0;
        foreach (float value in weights)
        {
            largest = MathF.Abs(value) > MathF.Abs(largest) ? value : largest;
        }

        ushort scale = BFloat16.Round(MathF.Abs(largest) < 8 * SmallestNormal ? SmallestNormal : largest / -8);
        float steps = 1 / BFloat16.ToSingle(scale);
        for (int i = 0; i < codes.Length; i++)
        {
            codes[i] = (byte)(Code(weights[2 * i] * steps) | (Code(weights[(2 * i) + 1] * steps) << 4));
        }

        return scale;
    }

    private static int Code(float value) => (int)Math.Clamp(MathF.Round(value, MidpointRounding.ToEven), -8, 7) + 8;
}
