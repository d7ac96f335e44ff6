// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp;

/// <content>How rows of activations become int8 codes.</content>
public static partial class ReferenceKernels
{
    // 2^-75.
    private const float SmallestGroup = 2.6469779601696886e-23f;

    /// <summary>
    /// Per row, as it follows from the row (KleidiAI's qai8dxp): value ≈ (code - zeroPoint) · scale, zero being exact.
    /// </summary>
    /// <param name="row">
    /// f32 [k]. A row that is not finite, or whose range overflows, gets codes 0, zero point 0 and scale NaN.
    /// </param>
    /// <param name="codes">Receives [k] codes.</param>
    /// <param name="zeroPoint">The code of 0, -128..127.</param>
    /// <param name="scale">The step between codes.</param>
    /// <exception cref="ArgumentException"><paramref name="codes"/> is shorter than the row.</exception>
    public static void QuantizeActivations(ReadOnlySpan<float> row, Span<sbyte> codes, out int zeroPoint, out float scale)
    {
        Ensure.Holds(codes.Length, row.Length, nameof(codes), "the row");
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

    /// <summary>Per row, as calibrated: code = clamp(round(x · (1 / scale)) + zero point, -128, 127), ties to even.</summary>
    /// <param name="row">f32 [k].</param>
    /// <param name="quantization">What codes stand for.</param>
    /// <param name="codes">Receives [k] codes.</param>
    /// <returns>The scale; NaN where the row is not finite.</returns>
    /// <exception cref="ArgumentException"><paramref name="codes"/> is shorter than the row.</exception>
    public static float QuantizeActivations(ReadOnlySpan<float> row, QuantParameters quantization, Span<sbyte> codes)
    {
        Ensure.Holds(codes.Length, row.Length, nameof(codes), "the row");
        float steps = 1 / quantization.Scale;
        for (int i = 0; i < row.Length; i++)
        {
            codes[i] = ActivationRows.Int8Code(row[i] * steps, quantization.ZeroPoint);
        }

        return IsFinite(row) ? quantization.Scale : s_nan;
    }

    /// <summary>
    /// Per 32 values, symmetric, for Q4_0 (KleidiAI's qsi8d32p): d = max |x| / 127, code = round(x · (1 / d)), ties away
    /// from zero, the scale being d as f16.
    /// </summary>
    /// <param name="row">
    /// f32 [k], k a multiple of 32. Where a value, or a scale as f16, is not finite, every scale of the row is NaN.
    /// </param>
    /// <param name="codes">Receives [k] codes.</param>
    /// <param name="scales">Receives [k/32] scales.</param>
    /// <exception cref="ArgumentException">A length is wrong.</exception>
    public static void QuantizeActivationsPer32(ReadOnlySpan<float> row, Span<sbyte> codes, Span<float> scales)
    {
        Ensure.HoldsExactly(row.Length % 32, 0, nameof(row), "the last 32");
        Ensure.Holds(codes.Length, row.Length, nameof(codes), "the row");
        Ensure.Holds(scales.Length, row.Length / 32, nameof(scales), "32 values each");
        bool finite = IsFinite(row);
        for (int block = 0; block < row.Length / 32; block++)
        {
            ReadOnlySpan<float> values = row.Slice(block * 32, 32);
            float d = LargestMagnitude(values) / 127;
            float steps = d == 0 ? 0 : 1 / d;
            bool none = !finite || float.IsInfinity(steps);
            for (int i = 0; i < 32; i++)
            {
                codes[(block * 32) + i] = none ? (sbyte)0 : (sbyte)MathF.Round(values[i] * steps, MidpointRounding.AwayFromZero);
            }

            scales[block] = none ? 0 : (float)(Half)d;
            finite &= float.IsFinite(scales[block]);
        }

        if (!finite)
        {
            scales[..(row.Length / 32)].Fill(s_nan);
        }
    }

    /// <summary>
    /// Per group, symmetric, for <see cref="WeightKind.Int4Asymmetric"/> (KleidiAI's qsi8d32pscalef32): S = 127 / max
    /// |x|; code = round(x · S), ties to even; scale = 1 / S. Where max |x| is less than 2^-75, codes and scale are 0: so
    /// no product of scales is subnormal.
    /// </summary>
    /// <param name="row">f32 [k]. Where a value is not finite, every scale of the row is NaN.</param>
    /// <param name="groupSize">Values that share a scale; it divides k.</param>
    /// <param name="codes">Receives [k] codes.</param>
    /// <param name="scales">Receives [k/group] scales.</param>
    /// <exception cref="ArgumentException">A length is wrong.</exception>
    public static void QuantizeActivationsPerGroup(ReadOnlySpan<float> row, int groupSize, Span<sbyte> codes, Span<float> scales)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(groupSize, 1);
        Ensure.HoldsExactly(row.Length % groupSize, 0, nameof(row), $"the last group of {groupSize}");
        Ensure.Holds(codes.Length, row.Length, nameof(codes), "the row");
        Ensure.Holds(scales.Length, row.Length / groupSize, nameof(scales), $"groups of {groupSize}");
        bool finite = IsFinite(row);
        for (int group = 0; group < row.Length / groupSize; group++)
        {
            ReadOnlySpan<float> values = row.Slice(group * groupSize, groupSize);
            float largest = LargestMagnitude(values);
            float steps = 127 / largest;
            bool none = !finite || largest < SmallestGroup;
            for (int i = 0; i < groupSize; i++)
            {
                codes[(group * groupSize) + i] = none ? (sbyte)0 : (sbyte)MathF.Round(values[i] * steps, MidpointRounding.ToEven);
            }

            scales[group] = !finite ? s_nan : none ? 0 : 1 / steps;
        }
    }

    private static float LargestMagnitude(ReadOnlySpan<float> values)
    {
        float largest = 0;
        foreach (float value in values)
        {
            largest = MathF.Max(largest, MathF.Abs(value));
        }

        return largest;
    }
}
