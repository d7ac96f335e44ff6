// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp;

/// <summary>
/// The specification: what every kernel of every tier computes, operation for operation, in plain C#. Each operation
/// below is a single one on 32-bit floats; <see cref="MathF.FusedMultiplyAdd"/> rounds once. Results of all other
/// implementations have the same bits, for every shape and number of threads.
/// </summary>
public static class ReferenceKernels
{
    private const float SmallestNormal = 1.17549435e-38f;

    // The one NaN of results.
    private static readonly float s_nan = BitConverter.UInt32BitsToSingle(0x7FC00000);

    /// <summary>
    /// Quantises weights to int4 in groups along k, symmetric, with bfloat16 scales, as torchao does with
    /// MappingType.SYMMETRIC and scale_dtype = bfloat16: the codes come from the scale that was rounded already.
    /// </summary>
    /// <param name="weights">f32 [outFeatures, inFeatures]; finite.</param>
    /// <param name="outFeatures">Rows (n).</param>
    /// <param name="inFeatures">Values per row (k); a multiple of the group.</param>
    /// <param name="groupSize">Values along k that share a scale; a multiple of 32.</param>
    /// <param name="codes">Receives [n][k/2] bytes, the even k in the low nibble; 0..15, value code - 8.</param>
    /// <param name="scales">Receives [n][k/group] floats, each exactly a bfloat16.</param>
    /// <exception cref="ArgumentException">A length does not fit the shape, or a weight is not finite.</exception>
    public static void QuantizeInt4(
        ReadOnlySpan<float> weights, int outFeatures, int inFeatures, int groupSize, Span<byte> codes, Span<float> scales)
    {
        WeightFormat.Int4Group(groupSize).EnsureFits(outFeatures, inFeatures);
        Ensure.Weights(weights, outFeatures, inFeatures);
        string shape = $"outFeatures {outFeatures} × inFeatures {inFeatures}";
        Ensure.Holds(codes.Length, (long)outFeatures * inFeatures / 2, nameof(codes), $"{shape} / 2");
        Ensure.Holds(scales.Length, (long)outFeatures * inFeatures / groupSize, nameof(scales), $"{shape} / group {groupSize}");
        for (int group = 0; group < weights.Length / groupSize; group++)
        {
            scales[group] = BFloat16.ToSingle(QuantizeGroup(
                weights.Slice(group * groupSize, groupSize), codes.Slice(group * groupSize / 2, groupSize / 2)));
        }
    }

    /// <summary>Quantises a row of activations to int8: value ≈ (code - zeroPoint) * scale, zero being exact.</summary>
    /// <param name="row">
    /// f32 [k]. A row that is not finite, or whose range overflows, gets codes 0, zero point 0 and scale NaN.
    /// </param>
    /// <param name="codes">Receives [k] codes.</param>
    /// <param name="zeroPoint">The code of 0, -128..127.</param>
    /// <param name="scale">The step between codes.</param>
    /// <exception cref="ArgumentException"><paramref name="codes"/> is shorter than the row.</exception>
    public static void QuantizeActivations(ReadOnlySpan<float> row, Span<sbyte> codes, out int zeroPoint, out float scale)
    {
        if (codes.Length < row.Length)
        {
            throw new ArgumentException($"codes holds {codes.Length} values; the row has {row.Length}", nameof(codes));
        }

        float lo = 0;
        float hi = 0;
        bool finite = true;
        foreach (float value in row)
        {
            finite &= float.IsFinite(value);
            lo = MathF.Min(lo, value);
            hi = MathF.Max(hi, value);
        }

        zeroPoint = 0;
        codes[..row.Length].Clear();
        if (!finite || !float.IsFinite(hi - lo))
        {
            scale = s_nan;
            return;
        }

        float steps = lo == hi ? 1 : 255 / (hi - lo);
        if (float.IsInfinity(steps))
        {
            scale = 0;
            return;
        }

        scale = 1 / steps;
        float below = -128 + (lo * steps);
        float above = 127 + (hi * steps);
        float exactZero = below + above > 0 ? -128 - (lo * steps) : 127 - (hi * steps);
        zeroPoint = (int)MathF.Round(MathF.Min(MathF.Max(exactZero, -128), 127), MidpointRounding.ToEven);
        for (int i = 0; i < row.Length; i++)
        {
            int code = (int)MathF.Round(row[i] * steps, MidpointRounding.AwayFromZero) + zeroPoint;
            codes[i] = (sbyte)Math.Clamp(code, -128, 127);
        }
    }

    /// <summary>
    /// Sum of a row of int4 weights, added up 32 values at a time: what the zero point of activations multiplies.
    /// </summary>
    /// <param name="weights">The weights.</param>
    /// <param name="row">Which row (output feature).</param>
    public static float RowSum(QuantizedWeights weights, int row)
    {
        ArgumentNullException.ThrowIfNull(weights);
        ReadOnlySpan<byte> codes = weights.RowCodes(row);
        ReadOnlySpan<float> scales = weights.RowScales(row);
        float rowSum = 0;
        for (int start = 0; start < weights.InFeatures; start += 32)
        {
            int sum = 0;
            for (int k = start; k < start + 32; k++)
            {
                sum += PackedLayout.Code(codes, k) - 8;
            }

            rowSum += sum * scales[start / weights.Format.GroupSize];
        }

        return OneNaN(rowSum);
    }

    /// <summary>y = clamp(x · wᵀ + bias) with int4 weights: activations become int8 per row.</summary>
    /// <param name="weights">The weights [n, k]; their scales have to be bfloat16 for kernels to agree.</param>
    /// <param name="bias">f32 [n], or empty for zeros.</param>
    /// <param name="x">f32 [rows, k]. A row that is not finite, or whose range overflows, gives a row of NaN.</param>
    /// <param name="y">Receives f32 [rows, n].</param>
    /// <param name="rows">Rows of x (m).</param>
    /// <param name="clamp">The range to which results are cut.</param>
    /// <exception cref="ArgumentException">A length does not fit the shape.</exception>
    public static void MatMul(
        QuantizedWeights weights, ReadOnlySpan<float> bias, ReadOnlySpan<float> x, Span<float> y, int rows, Clamp clamp = default)
    {
        ArgumentNullException.ThrowIfNull(weights);
        int n = weights.OutFeatures;
        int k = weights.InFeatures;
        int groupSize = weights.Format.GroupSize;
        Ensure.MatMul(x, y, rows, n, k);
        Ensure.Bias(bias, n);
        var rowSums = new float[n];
        for (int column = 0; column < n; column++)
        {
            rowSums[column] = RowSum(weights, column);
        }

        var activations = new sbyte[k];
        for (int row = 0; row < rows; row++)
        {
            QuantizeActivations(x.Slice(row * k, k), activations, out int zeroPoint, out float scale);
            for (int column = 0; column < n; column++)
            {
                ReadOnlySpan<byte> codes = weights.RowCodes(column);
                ReadOnlySpan<float> scales = weights.RowScales(column);
                float acc = 0;
                for (int group = 0; group < scales.Length; group++)
                {
                    int sum = 0;
                    for (int i = group * groupSize; i < (group + 1) * groupSize; i++)
                    {
                        sum += activations[i] * (PackedLayout.Code(codes, i) - 8);
                    }

                    acc = MathF.FusedMultiplyAdd(sum, scales[group], acc);
                }

                y[(row * n) + column] = FinishInt4(
                    acc, rowSums[column], zeroPoint, scale, bias.IsEmpty ? 0 : bias[column], clamp);
            }
        }
    }

    /// <summary>
    /// y = clamp(x · wᵀ + bias) in f32: the bias first, then one fused multiply-add per k in ascending order.
    /// </summary>
    /// <param name="weights">f32 [outFeatures, inFeatures].</param>
    /// <param name="outFeatures">Rows of the weights (n).</param>
    /// <param name="inFeatures">Values per row (k).</param>
    /// <param name="bias">f32 [n], or empty for zeros.</param>
    /// <param name="x">f32 [rows, k]. A row that is not finite gives a row of NaN.</param>
    /// <param name="y">Receives f32 [rows, n].</param>
    /// <param name="rows">Rows of x (m).</param>
    /// <param name="clamp">The range to which results are cut.</param>
    /// <exception cref="ArgumentException">A length does not fit the shape.</exception>
    public static void MatMul(
        ReadOnlySpan<float> weights,
        int outFeatures,
        int inFeatures,
        ReadOnlySpan<float> bias,
        ReadOnlySpan<float> x,
        Span<float> y,
        int rows,
        Clamp clamp = default)
    {
        WeightFormat.Float32.EnsureFits(outFeatures, inFeatures);
        Ensure.Holds(
            weights.Length, (long)outFeatures * inFeatures, "weights", $"outFeatures {outFeatures} × inFeatures {inFeatures}");
        Ensure.MatMul(x, y, rows, outFeatures, inFeatures);
        Ensure.Bias(bias, outFeatures);
        for (int row = 0; row < rows; row++)
        {
            ReadOnlySpan<float> activations = x.Slice(row * inFeatures, inFeatures);
            bool finite = IsFinite(activations);
            for (int column = 0; column < outFeatures; column++)
            {
                float acc = bias.IsEmpty ? 0 : bias[column];
                for (int k = 0; k < inFeatures; k++)
                {
                    acc = MathF.FusedMultiplyAdd(activations[k], weights[(column * inFeatures) + k], acc);
                }

                y[(row * outFeatures) + column] = finite ? Finish(acc, clamp) : s_nan;
            }
        }
    }

    internal static ushort QuantizeGroup(ReadOnlySpan<float> weights, Span<byte> codes)
    {
        float lo = 0;
        float hi = 0;
        foreach (float value in weights)
        {
            lo = MathF.Min(lo, value);
            hi = MathF.Max(hi, value);
        }

        ushort scale = BFloat16.Round(MathF.Max(MathF.Max(-lo, hi) / 7.5f, SmallestNormal));
        float steps = 1 / BFloat16.ToSingle(scale);
        for (int i = 0; i < weights.Length; i += 2)
        {
            codes[i / 2] = (byte)(Code(weights[i]) | (Code(weights[i + 1]) << 4));
        }

        return scale;

        int Code(float value) => (int)Math.Clamp(MathF.Round(value * steps, MidpointRounding.ToEven), -8, 7) + 8;
    }

    /// <summary>From the sum over groups to the result.</summary>
    internal static float FinishInt4(float acc, float rowSum, int zeroPoint, float scale, float bias, Clamp clamp)
    {
        acc = MathF.FusedMultiplyAdd(rowSum, -zeroPoint, acc);
        acc *= scale;
        acc += bias;
        return Finish(acc, clamp);
    }

    /// <summary>
    /// Cuts a result to the range; a zero lower bound counts as +0, a zero upper bound as -0, and there is one NaN.
    /// </summary>
    internal static float Finish(float acc, Clamp clamp)
    {
        float lo = clamp.Minimum == 0 ? 0f : clamp.Minimum;
        float hi = clamp.Maximum == 0 ? -0f : clamp.Maximum;
        return OneNaN(MathF.Min(MathF.Max(acc, lo), hi));
    }

    internal static float OneNaN(float value) => float.IsNaN(value) ? s_nan : value;

    internal static bool IsFinite(ReadOnlySpan<float> values)
    {
        foreach (float value in values)
        {
            if (!float.IsFinite(value))
            {
                return false;
            }
        }

        return true;
    }
}
