// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp;

/// <summary>
/// Linear layers with 16-bit activations (a16w8, a16w4), in plain C#: to judge what 8 bits lose. No kernel does this.
/// </summary>
public static class Int16Reference
{
    /// <summary>
    /// The scale of a row of activations: max |x| / 32767, and 1 for a row of zeros; NaN where the row is not finite.
    /// </summary>
    /// <param name="row">f32 [k].</param>
    public static float ScaleOf(ReadOnlySpan<float> row)
    {
        float largest = 0;
        foreach (float value in row)
        {
            largest = MathF.Max(largest, MathF.Abs(value));
        }

        return !float.IsFinite(largest) ? float.NaN : largest == 0 ? 1 : largest / short.MaxValue;
    }

    /// <summary>Quantises activations: code = clamp(round(x / scale), -32768, 32767), ties to even.</summary>
    /// <param name="row">f32 [k].</param>
    /// <param name="scale">The step between codes: of the row, or calibrated.</param>
    /// <param name="codes">Receives [k] codes; all 0 where the scale is not a number.</param>
    /// <exception cref="ArgumentException"><paramref name="codes"/> is shorter than the row.</exception>
    public static void Quantize(ReadOnlySpan<float> row, float scale, Span<short> codes)
    {
        Ensure.Holds(codes.Length, row.Length, nameof(codes), "the row");
        for (int i = 0; i < row.Length; i++)
        {
            float steps = MathF.Round(row[i] / scale, MidpointRounding.ToEven);
            codes[i] = float.IsNaN(steps) ? (short)0 : (short)Math.Clamp(steps, short.MinValue, short.MaxValue);
        }
    }

    /// <summary>The values that codes stand for: code · scale.</summary>
    /// <param name="codes">[k].</param>
    /// <param name="scale">The step between codes.</param>
    /// <param name="row">Receives f32 [k].</param>
    /// <exception cref="ArgumentException"><paramref name="row"/> is shorter than the codes.</exception>
    public static void Dequantize(ReadOnlySpan<short> codes, float scale, Span<float> row)
    {
        Ensure.Holds(row.Length, codes.Length, nameof(row), "the codes");
        for (int i = 0; i < codes.Length; i++)
        {
            row[i] = codes[i] * scale;
        }
    }

    /// <summary>
    /// y = clamp((float)Σ(x · w) · (scale of x · scale of w) + bias), the sum being exact in 64 bits.
    /// </summary>
    /// <param name="weights">[n, k], of <see cref="WeightKind.Int8Channel"/> or <see cref="WeightKind.Int4Channel"/>.</param>
    /// <param name="bias">f32 [n], or empty for zeros.</param>
    /// <param name="x">Codes [rows, k].</param>
    /// <param name="scales">The scales of the rows of x; [rows].</param>
    /// <param name="y">Receives f32 [rows, n].</param>
    /// <param name="rows">Rows of x (m).</param>
    /// <param name="clamp">The range to which results are cut.</param>
    /// <exception cref="ArgumentException">A length does not fit the shape, or the weights are of another kind.</exception>
    public static void MatMul(
        QuantizedWeights weights,
        ReadOnlySpan<float> bias,
        ReadOnlySpan<short> x,
        ReadOnlySpan<float> scales,
        Span<float> y,
        int rows,
        Clamp clamp = default)
    {
        ArgumentNullException.ThrowIfNull(weights);
        if (weights.Format.Kind is not (WeightKind.Int8Channel or WeightKind.Int4Channel))
        {
            throw new ArgumentException(
                $"The weights are {weights.Format}; 16-bit activations go with int8-channel and int4-channel.", nameof(weights));
        }

        int n = weights.OutFeatures;
        int k = weights.InFeatures;
        Ensure.MatMul(x.Length, y.Length, rows, n, k);
        Ensure.Holds(scales.Length, rows, nameof(scales), $"rows {rows}");
        Ensure.Bias(bias, n);
        var values = new sbyte[k];
        for (int column = 0; column < n; column++)
        {
            weights.DecodeRow(column, values);
            for (int row = 0; row < rows; row++)
            {
                long sum = 0;
                for (int i = 0; i < k; i++)
                {
                    sum += x[(row * k) + i] * values[i];
                }

                float acc = sum * (scales[row] * weights.Scale(column, 0));
                y[(row * n) + column] = ReferenceKernels.Finish(acc + (bias.IsEmpty ? 0 : bias[column]), clamp);
            }
        }
    }
}
