// SPDX-License-Identifier: Apache-2.0
using System.Runtime.InteropServices;

namespace KleidiSharp;

/// <summary>
/// The specification: what every kernel of every tier computes, operation for operation, in plain C#. Each operation is
/// a single one on 32-bit floats; <see cref="MathF.FusedMultiplyAdd"/> rounds once. Results of all other implementations
/// have the same bits, for every shape and number of threads.
/// </summary>
public static partial class ReferenceKernels
{
    private const float SmallestNormal = 1.17549435e-38f;

    // The one NaN of results.
    private static readonly float s_nan = BitConverter.UInt32BitsToSingle(0x7FC00000);

    /// <summary>y = clamp(x · wᵀ + bias) with weights of any format.</summary>
    /// <param name="weights">
    /// The weights [n, k]; scales of <see cref="WeightKind.Int4Group"/> have to be bfloat16 for kernels to agree.
    /// </param>
    /// <param name="bias">f32 [n], or empty for zeros.</param>
    /// <param name="x">f32 [rows, k]. A row that is not finite, or whose range overflows, gives a row of NaN.</param>
    /// <param name="y">Receives f32 [rows, n].</param>
    /// <param name="rows">Rows of x (m).</param>
    /// <param name="clamp">The range to which results are cut.</param>
    /// <exception cref="ArgumentException">A length does not fit the shape.</exception>
    public static void MatMul(
        QuantizedWeights weights,
        ReadOnlySpan<float> bias,
        ReadOnlySpan<float> x,
        Span<float> y,
        int rows,
        Clamp clamp = default) =>
        MatMul(
            weights,
            bias,
            MemoryMarshal.AsBytes(x),
            ActivationFormat.Float32,
            MemoryMarshal.AsBytes(y),
            ActivationFormat.Float32,
            rows,
            clamp);

    /// <summary>y = clamp(x · wᵀ + bias) with f32 weights, activations and results.</summary>
    /// <param name="weights">f32 [outFeatures, inFeatures].</param>
    /// <param name="outFeatures">Rows of the weights (n).</param>
    /// <param name="inFeatures">Values per row (k).</param>
    /// <param name="bias">f32 [n], or empty for zeros.</param>
    /// <param name="x">f32 [rows, k]. A row that is not finite gives a row of NaN.</param>
    /// <param name="y">Receives f32 [rows, n].</param>
    /// <param name="rows">Rows of x (m).</param>
    /// <param name="clamp">The range to which results are cut.</param>
    /// <exception cref="ArgumentException">A length does not fit the shape, or a weight is not finite.</exception>
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
        int count = checked(outFeatures * inFeatures);
        Ensure.Holds(weights.Length, count, "weights", $"outFeatures {outFeatures} × inFeatures {inFeatures}");
        var matrix = new QuantizedWeights(
            WeightFormat.Float32, outFeatures, inFeatures, MemoryMarshal.AsBytes(weights[..count]));
        MatMul(matrix, bias, x, y, rows, clamp);
    }

    /// <summary>y = clamp(x · wᵀ + bias) with weights of any format, and activations and results of any type.</summary>
    /// <param name="weights">The weights [n, k].</param>
    /// <param name="bias">f32 [n], or empty for zeros.</param>
    /// <param name="x">The bytes of [rows, k] activations.</param>
    /// <param name="xFormat">Their type; int8, and calibrated floats, for weights with activations quantised per row.</param>
    /// <param name="y">Receives the bytes of [rows, n] results.</param>
    /// <param name="yFormat">Their type.</param>
    /// <param name="rows">Rows of x (m).</param>
    /// <param name="clamp">The range to which results are cut, before they become codes.</param>
    /// <exception cref="ArgumentException">
    /// A length does not fit the shape, or a type or calibration does not go with the weights.
    /// </exception>
    public static void MatMul(
        QuantizedWeights weights,
        ReadOnlySpan<float> bias,
        ReadOnlySpan<byte> x,
        ActivationFormat xFormat,
        Span<byte> y,
        ActivationFormat yFormat,
        int rows,
        Clamp clamp = default)
    {
        ArgumentNullException.ThrowIfNull(weights);
        int n = weights.OutFeatures;
        int k = weights.InFeatures;
        Ensure.MatMul(x.Length / xFormat.ElementSize, y.Length / yFormat.ElementSize, rows, n, k);
        Ensure.Bias(bias, n);
        Ensure.Activations(weights.Format, xFormat, yFormat);
        int xBytes = k * xFormat.ElementSize;
        int yBytes = n * yFormat.ElementSize;
        ReferenceRow[] row = [.. Enumerable.Range(0, n).Select(column => new ReferenceRow(weights, column))];
        var results = new float[n];
        for (int i = 0; i < rows; i++)
        {
            var activations = new ReferenceActivations(weights.Format, k, x.Slice(i * xBytes, xBytes), xFormat);
            for (int column = 0; column < n; column++)
            {
                float acc = row[column].Dot(activations, bias.IsEmpty ? 0 : bias[column]);
                results[column] = Finish(acc, clamp);
            }

            ActivationRows.Write(results, yFormat, y.Slice(i * yBytes, yBytes));
        }
    }

    /// <summary>
    /// Sum of a row of weights in int4 groups, added up 32 values at a time: what the zero point of activations
    /// multiplies.
    /// </summary>
    /// <param name="weights">The weights, of <see cref="WeightKind.Int4Group"/>.</param>
    /// <param name="row">Which row (output feature).</param>
    public static float RowSum(QuantizedWeights weights, int row)
    {
        ArgumentNullException.ThrowIfNull(weights);
        var values = new sbyte[weights.InFeatures];
        weights.DecodeRow(row, values);
        float rowSum = 0;
        for (int start = 0; start < values.Length; start += 32)
        {
            int sum = 0;
            for (int k = start; k < start + 32; k++)
            {
                sum += values[k];
            }

            rowSum += sum * weights.Scale(row, start / weights.Format.GroupSize);
        }

        return OneNaN(rowSum);
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

    internal static bool IsFinite(ReadOnlySpan<float> values) => Ensure.IndexOfNonFinite(values) == values.Length;
}
