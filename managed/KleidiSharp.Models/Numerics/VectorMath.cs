// SPDX-License-Identifier: Apache-2.0
using System.Numerics.Tensors;
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

    /// <summary>sum[i] = x[i]·scale + sum[i], fused.</summary>
    public static void AddScaled(ReadOnlySpan<float> x, float scale, Span<float> sum)
    {
        x = x[..sum.Length];
        Vector256<float> factor = Vector256.Create(scale);
        int i = 0;
        for (; i <= sum.Length - Lanes; i += Lanes)
        {
            Vector256.FusedMultiplyAdd(Vector256.Create(x[i..]), factor, Vector256.Create<float>(sum[i..])).CopyTo(sum[i..]);
        }

        for (; i < sum.Length; i++)
        {
            sum[i] = MathF.FusedMultiplyAdd(x[i], scale, sum[i]);
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
