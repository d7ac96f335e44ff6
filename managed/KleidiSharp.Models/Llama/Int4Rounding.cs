// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp.Models;

/// <summary>
/// Quantises weights to int4 so that the value of largest magnitude in each group becomes exactly -8, its scale being
/// negative where that value is positive. Of the 16 codes all are in use and none is cut off, so a model loses less than
/// with a scale that is always positive; and a GGUF Q4_0 tensor, made by the same rule, gets its own codes back.
/// </summary>
internal static class Int4Rounding
{
    private const float SmallestNormal = 1.17549435e-38f;

    /// <summary>
    /// For each group: m the value of largest magnitude, the first among equals; scale = m / -8 rounded to bfloat16, ties to
    /// even; code = value · (1 / scale) rounded, ties to even, and cut to -8..7.
    /// </summary>
    /// <param name="weights">f32 [outFeatures, inFeatures], row-major; finite.</param>
    /// <param name="outFeatures">Rows.</param>
    /// <param name="inFeatures">Values per row; a multiple of the group.</param>
    /// <param name="format">An int4 format.</param>
    /// <param name="threads">How many threads share the work.</param>
    public static QuantizedWeights Quantize(float[] weights, int outFeatures, int inFeatures, WeightFormat format, int threads)
    {
        int size = format.GroupSize;
        var codes = new byte[weights.Length / 2];
        var scales = new float[weights.Length / size];
        int groupsPerRow = inFeatures / size;
        Parallel.For(0, outFeatures, new ParallelOptions { MaxDegreeOfParallelism = threads }, row =>
        {
            for (int group = row * groupsPerRow; group < (row + 1) * groupsPerRow; group++)
            {
                scales[group] = QuantizeGroup(weights.AsSpan(group * size, size), codes.AsSpan(group * size / 2, size / 2));
            }
        });
        return new QuantizedWeights(format, outFeatures, inFeatures, codes, scales);
    }

    private static float QuantizeGroup(ReadOnlySpan<float> values, Span<byte> codes)
    {
        float largest = 0;
        foreach (float value in values)
        {
            largest = MathF.Abs(value) > MathF.Abs(largest) ? value : largest;
        }

        float scale = MathF.Abs(largest) < 8 * SmallestNormal ? SmallestNormal : RoundToBFloat16(largest / -8);
        float steps = 1 / scale;
        for (int i = 0; i < codes.Length; i++)
        {
            codes[i] = (byte)(Code(values[2 * i] * steps) | (Code(values[2 * i + 1] * steps) << 4));
        }

        return scale;
    }

    private static int Code(float value) => (int)Math.Clamp(MathF.Round(value), -8, 7) + 8;

    private static float RoundToBFloat16(float value)
    {
        uint bits = BitConverter.SingleToUInt32Bits(value);
        return BitConverter.UInt32BitsToSingle((bits + 0x7FFF + ((bits >> 16) & 1)) & 0xFFFF0000);
    }
}
