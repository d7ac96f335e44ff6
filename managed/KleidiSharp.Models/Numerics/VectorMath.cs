// SPDX-License-Identifier: Apache-2.0
using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace KleidiSharp.Models;

/// <summary>
/// The float operations of a transformer that are not matrix multiplies. Sums run in 8 lanes, element i in lane i mod 8,
/// in ascending order, the last stretch padded; the lanes are then added as ((0+4)+(2+6))+((1+5)+(3+7)). This order, not
/// the width of the processor's vectors, is what fixes the result.
/// </summary>
internal static class VectorMath
{
    private const int Lanes = 8;

    /// <summary>The sum of x[i]·y[i], one fused multiply-add each.</summary>
    public static float Dot(ReadOnlySpan<float> x, ReadOnlySpan<float> y)
    {
        y = y[..x.Length];
        Vector256<float> sum = Vector256<float>.Zero;
        int i = 0;
        for (; i <= x.Length - Lanes; i += Lanes)
        {
            sum = Vector256.FusedMultiplyAdd(Vector256.Create(x[i..]), Vector256.Create(y[i..]), sum);
        }

        if (i < x.Length)
        {
            sum = Vector256.FusedMultiplyAdd(Load(x[i..], 0), Load(y[i..], 0), sum);
        }

        return AddLanes(sum);
    }

    /// <summary>results[t] = <see cref="Dot"/>(x, row t of a matrix)·scale.</summary>
    /// <param name="x">A vector as long as the part of each row that counts.</param>
    /// <param name="matrix">Rows, one for each result.</param>
    /// <param name="stride">Elements from one row to the next.</param>
    /// <param name="scale">Multiplies each product.</param>
    /// <param name="results">Receives one number for each row.</param>
    public static void Dots(ReadOnlySpan<float> x, ReadOnlySpan<float> matrix, int stride, float scale, Span<float> results)
    {
        int t = 0;
        if (x.Length % Lanes == 0)
        {
            for (; t <= results.Length - 4; t += 4)
            {
                FourDots(x, matrix.Slice(t * stride, 3 * stride + x.Length), stride, scale, results.Slice(t, 4));
            }
        }

        for (; t < results.Length; t++)
        {
            results[t] = Dot(x, matrix.Slice(t * stride, x.Length)) * scale;
        }
    }

    /// <summary>sum[i] = the sum over rows t, ascending, of weights[t]·matrix[t, i], one fused multiply-add each.</summary>
    /// <param name="weights">One for each row.</param>
    /// <param name="matrix">Rows at least as long as the sum.</param>
    /// <param name="stride">Elements from one row to the next.</param>
    /// <param name="sum">Receives the sum.</param>
    public static void WeightedSum(ReadOnlySpan<float> weights, ReadOnlySpan<float> matrix, int stride, Span<float> sum)
    {
        matrix = matrix[..((weights.Length - 1) * stride + sum.Length)];
        ref float first = ref MemoryMarshal.GetReference(matrix);
        int i = 0;
        for (; i <= sum.Length - 4 * Lanes; i += 4 * Lanes)
        {
            Vector256<float> a = Vector256<float>.Zero;
            Vector256<float> b = Vector256<float>.Zero;
            Vector256<float> c = Vector256<float>.Zero;
            Vector256<float> d = Vector256<float>.Zero;
            nuint at = (nuint)i;
            foreach (float weight in weights)
            {
                Vector256<float> factor = Vector256.Create(weight);
                a = Vector256.FusedMultiplyAdd(factor, Vector256.LoadUnsafe(ref first, at), a);
                b = Vector256.FusedMultiplyAdd(factor, Vector256.LoadUnsafe(ref first, at + Lanes), b);
                c = Vector256.FusedMultiplyAdd(factor, Vector256.LoadUnsafe(ref first, at + 2 * Lanes), c);
                d = Vector256.FusedMultiplyAdd(factor, Vector256.LoadUnsafe(ref first, at + 3 * Lanes), d);
                at += (nuint)stride;
            }

            a.CopyTo(sum[i..]);
            b.CopyTo(sum[(i + Lanes)..]);
            c.CopyTo(sum[(i + 2 * Lanes)..]);
            d.CopyTo(sum[(i + 3 * Lanes)..]);
        }

        for (; i < sum.Length; i++)
        {
            float total = 0;
            for (int t = 0; t < weights.Length; t++)
            {
                total = MathF.FusedMultiplyAdd(weights[t], matrix[t * stride + i], total);
            }

            sum[i] = total;
        }
    }

    /// <summary>sum[i] += x[i].</summary>
    public static void Add(ReadOnlySpan<float> x, Span<float> sum) => TensorPrimitives.Add(sum, x, sum);

    /// <summary>y[i] = (x[i] · 1/√(mean of squares + epsilon)) · weight[i].</summary>
    public static void RmsNorm(ReadOnlySpan<float> x, ReadOnlySpan<float> weight, float epsilon, Span<float> y)
    {
        float scale = 1 / MathF.Sqrt(Dot(x, x) / x.Length + epsilon);
        for (int i = 0; i < y.Length; i++)
        {
            y[i] = x[i] * scale * weight[i];
        }
    }

    /// <summary>Turns scores into probabilities: e to the power of each less the largest, over the sum of all.</summary>
    public static void Softmax(Span<float> x)
    {
        Vector256<float> largest = Vector256.Create(TensorPrimitives.Max(x));
        Vector256<float> sum = Vector256<float>.Zero;
        for (int i = 0; i < x.Length; i += Lanes)
        {
            Vector256<float> power = DeterministicMath.Exp(Load(x[i..], float.NegativeInfinity) - largest);
            sum += power;
            Store(power, x[i..]);
        }

        TensorPrimitives.Multiply(x, 1 / AddLanes(sum), x);
    }

    /// <summary>gate[i] = gate[i] / (1 + e^-gate[i]) · up[i], the SwiGLU activation.</summary>
    public static void SwiGlu(Span<float> gate, ReadOnlySpan<float> up)
    {
        for (int i = 0; i < gate.Length; i += Lanes)
        {
            Vector256<float> x = Load(gate[i..], 0);
            Vector256<float> silu = x / (Vector256<float>.One + DeterministicMath.Exp(-x));
            Store(silu * Load(up[i..], 0), gate[i..]);
        }
    }

    /// <summary>
    /// Turns each neighbouring pair (a, b) of a head by its angle: (a·cos - b·sin, a·sin + b·cos), the product on the
    /// right rounded, the one on the left fused. What lies beyond the pairs stays.
    /// </summary>
    public static void Rotate(Span<float> head, ReadOnlySpan<float> cos, ReadOnlySpan<float> sin)
    {
        for (int i = 0; i < cos.Length; i++)
        {
            float a = head[2 * i];
            float b = head[2 * i + 1];
            head[2 * i] = MathF.FusedMultiplyAdd(a, cos[i], -(b * sin[i]));
            head[2 * i + 1] = MathF.FusedMultiplyAdd(a, sin[i], b * cos[i]);
        }
    }

    // Four rows at once hide the latency of each one's chain of additions; no row's order changes.
    private static void FourDots(ReadOnlySpan<float> x, ReadOnlySpan<float> matrix, int stride, float scale, Span<float> results)
    {
        Vector256<float> a = Vector256<float>.Zero;
        Vector256<float> b = Vector256<float>.Zero;
        Vector256<float> c = Vector256<float>.Zero;
        Vector256<float> d = Vector256<float>.Zero;
        ref float first = ref MemoryMarshal.GetReference(matrix);
        nuint step = (nuint)stride;
        for (int i = 0; i < x.Length; i += Lanes)
        {
            Vector256<float> factor = Vector256.Create(x[i..]);
            nuint at = (nuint)i;
            a = Vector256.FusedMultiplyAdd(factor, Vector256.LoadUnsafe(ref first, at), a);
            b = Vector256.FusedMultiplyAdd(factor, Vector256.LoadUnsafe(ref first, at + step), b);
            c = Vector256.FusedMultiplyAdd(factor, Vector256.LoadUnsafe(ref first, at + 2 * step), c);
            d = Vector256.FusedMultiplyAdd(factor, Vector256.LoadUnsafe(ref first, at + 3 * step), d);
        }

        results[0] = AddLanes(a) * scale;
        results[1] = AddLanes(b) * scale;
        results[2] = AddLanes(c) * scale;
        results[3] = AddLanes(d) * scale;
    }

    private static float AddLanes(Vector256<float> lanes)
    {
        Vector128<float> four = lanes.GetLower() + lanes.GetUpper();
        return (four[0] + four[2]) + (four[1] + four[3]);
    }

    private static Vector256<float> Load(ReadOnlySpan<float> x, float padding)
    {
        if (x.Length >= Lanes)
        {
            return Vector256.Create(x);
        }

        Span<float> padded = stackalloc float[Lanes];
        padded.Fill(padding);
        x.CopyTo(padded);
        return Vector256.Create<float>(padded);
    }

    private static void Store(Vector256<float> lanes, Span<float> x)
    {
        if (x.Length >= Lanes)
        {
            lanes.CopyTo(x);
            return;
        }

        for (int i = 0; i < x.Length; i++)
        {
            x[i] = lanes[i];
        }
    }
}
