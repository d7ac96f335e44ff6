// SPDX-License-Identifier: Apache-2.0
using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
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

    /// <summary>sum[i] += x[i].</summary>
    public static void Add(ReadOnlySpan<float> x, Span<float> sum) => TensorPrimitives.Add(sum, x, sum);

    /// <summary>y[i] = (x[i] · 1/√(mean of squares + epsilon)) · weight[i].</summary>
    public static void RmsNorm(ReadOnlySpan<float> x, ReadOnlySpan<float> weight, float epsilon, Span<float> y)
    {
        float scale = 1 / MathF.Sqrt(Dot(x, x) / x.Length + epsilon);
        TensorPrimitives.Multiply(x, scale, y);
        TensorPrimitives.Multiply(y, weight, y);
    }

    /// <summary>Turns scores into probabilities: e to the power of each less the largest, over the sum of all.</summary>
    public static void Softmax(Span<float> x)
    {
        ref float first = ref MemoryMarshal.GetReference(x);
        Vector256<float> largest = Vector256.Create(TensorPrimitives.Max(x));
        Vector256<float> sum = Vector256<float>.Zero;
        int i = 0;
        for (; i <= x.Length - Lanes; i += Lanes)
        {
            Vector256<float> power = DeterministicMath.Exp(Vector256.LoadUnsafe(ref first, (nuint)i) - largest);
            sum += power;
            power.StoreUnsafe(ref first, (nuint)i);
        }

        if (i < x.Length)
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
        up = up[..gate.Length];
        ref float firstGate = ref MemoryMarshal.GetReference(gate);
        ref float firstUp = ref MemoryMarshal.GetReference(up);
        int i = 0;
        for (; i <= gate.Length - Lanes; i += Lanes)
        {
            Vector256<float> passed = SwiGlu(
                Vector256.LoadUnsafe(ref firstGate, (nuint)i), Vector256.LoadUnsafe(ref firstUp, (nuint)i));
            passed.StoreUnsafe(ref firstGate, (nuint)i);
        }

        if (i < gate.Length)
        {
            Store(SwiGlu(Load(gate[i..], 0), Load(up[i..], 0)), gate[i..]);
        }
    }

    /// <summary>
    /// Turns each neighbouring pair (a, b) of a head by its angle: (a·cos - b·sin, a·sin + b·cos), the product on the
    /// right rounded, the one on the left fused. What lies beyond the pairs stays.
    /// </summary>
    /// <param name="head">Pairs.</param>
    /// <param name="left">For each pair cos, sin.</param>
    /// <param name="right">For each pair -sin, cos.</param>
    public static void Rotate(Span<float> head, ReadOnlySpan<float> left, ReadOnlySpan<float> right)
    {
        head = head[..left.Length];
        right = right[..left.Length];
        int i = 0;
        for (; i <= head.Length - Lanes; i += Lanes)
        {
            Vector256<float> pairs = Vector256.Create<float>(head[i..]);
            Vector256<float> a = Vector256.Shuffle(pairs, Vector256.Create(0, 0, 2, 2, 4, 4, 6, 6));
            Vector256<float> b = Vector256.Shuffle(pairs, Vector256.Create(1, 1, 3, 3, 5, 5, 7, 7));
            Vector256.FusedMultiplyAdd(a, Vector256.Create(left[i..]), b * Vector256.Create(right[i..])).CopyTo(head[i..]);
        }

        for (; i < head.Length; i += 2)
        {
            (float a, float b) = (head[i], head[i + 1]);
            head[i] = MathF.FusedMultiplyAdd(a, left[i], b * right[i]);
            head[i + 1] = MathF.FusedMultiplyAdd(a, left[i + 1], b * right[i + 1]);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> SwiGlu(Vector256<float> gate, Vector256<float> up) =>
        gate / (Vector256<float>.One + DeterministicMath.Exp(-gate)) * up;

    private static float AddLanes(Vector256<float> lanes)
    {
        Vector128<float> four = lanes.GetLower() + lanes.GetUpper();
        return (four[0] + four[2]) + (four[1] + four[3]);
    }

    // Of less than a whole vector.
    private static Vector256<float> Load(ReadOnlySpan<float> x, float padding)
    {
        Span<float> padded = stackalloc float[Lanes];
        padded.Fill(padding);
        x.CopyTo(padded);
        return Vector256.Create<float>(padded);
    }

    private static void Store(Vector256<float> lanes, Span<float> x)
    {
        for (int i = 0; i < x.Length; i++)
        {
            x[i] = lanes[i];
        }
    }
}
