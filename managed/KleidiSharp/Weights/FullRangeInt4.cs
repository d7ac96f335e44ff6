// SPDX-License-Identifier: Apache-2.0
using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace KleidiSharp;

/// <summary><see cref="Int4Mapping.FullRange"/>.</summary>
internal static unsafe class FullRangeInt4
{
    private const float SmallestNormal = 1.17549435e-38f;

    /// <summary>Quantises a matrix.</summary>
    public static void Quantize(int threads, float* weights, int outFeatures, int inFeatures, int groupSize, WeightMemory to)
    {
        long groups = inFeatures / groupSize;
        RowChunks.ForEach(threads, outFeatures, 1, (begin, end) =>
        {
            for (long group = begin * groups; group < end * groups; group++)
            {
                ((ushort*)to.Scales)[group] = QuantizeGroup(
                    new ReadOnlySpan<float>(weights + (group * groupSize), groupSize),
                    new Span<byte>(to.Rows + (group * groupSize / 2), groupSize / 2));
            }
        });
    }

    /// <summary>
    /// m = the value of largest magnitude, the first among equals; scale = m / -8 rounded to bfloat16, ties to even;
    /// code = value · (1 / scale) rounded, ties to even, and cut to -8..7, plus 8. Groups of next to nothing get the
    /// smallest scale whose reciprocal is finite.
    /// </summary>
    /// <param name="weights">A group, finite; a multiple of 32 values.</param>
    /// <param name="codes">Receives half as many bytes, the first code of each in the low nibble.</param>
    /// <returns>The scale, a bfloat16.</returns>
    public static ushort QuantizeGroup(ReadOnlySpan<float> weights, Span<byte> codes)
    {
        float largest = LargestMagnitude(weights);
        ushort scale = BFloat16.Round(MathF.Abs(largest) < 8 * SmallestNormal ? SmallestNormal : largest / -8);
        float steps = 1 / BFloat16.ToSingle(scale);
        for (int i = 0; i < weights.Length; i += 32)
        {
            Vector256<uint> low = Vector256.Narrow(FourPairs(weights[i..], steps), FourPairs(weights[(i + 8)..], steps));
            Vector256<uint> high = Vector256.Narrow(FourPairs(weights[(i + 16)..], steps), FourPairs(weights[(i + 24)..], steps));
            Vector256<ushort> all = Vector256.Narrow(low, high);
            Vector128.Narrow(all.GetLower(), all.GetUpper()).CopyTo(codes[(i / 2)..]);
        }

        return scale;
    }

    private static float LargestMagnitude(ReadOnlySpan<float> weights)
    {
        int bits = BitConverter.SingleToInt32Bits(MathF.Abs(TensorPrimitives.MaxMagnitude(weights)));
        return weights[MemoryMarshal.Cast<float, int>(weights).IndexOfAny(bits, bits | int.MinValue)];
    }

    // The codes of 8 values as 4 bytes, each in a lane of 64 bits.
    private static Vector256<ulong> FourPairs(ReadOnlySpan<float> weights, float steps)
    {
        Vector256<float> rounded = Vector256.Round(Vector256.Create(weights) * steps);
        Vector256<float> cut = Vector256.Min(Vector256.Max(rounded, Vector256.Create(-8f)), Vector256.Create(7f));
        Vector256<ulong> codes = (Vector256.ConvertToInt32(cut) + Vector256.Create(8)).AsUInt64();
        return (codes | (codes >>> 28)) & Vector256.Create(0xFFUL);
    }
}
