// SPDX-License-Identifier: Apache-2.0
using System.Runtime.Intrinsics;

namespace KleidiSharp;

/// <summary>Eight weights of a type as f32, exactly.</summary>
internal unsafe interface IFloatWeights
{
    /// <summary>Bytes of a weight.</summary>
    static abstract int Bytes { get; }

    static abstract Vector256<float> Load(byte* weights);
}

internal readonly unsafe struct Float32Weights : IFloatWeights
{
    public static int Bytes => sizeof(float);

    public static Vector256<float> Load(byte* weights) => Vector256.Load((float*)weights);
}

internal readonly unsafe struct BFloat16Weights : IFloatWeights
{
    public static int Bytes => sizeof(ushort);

    public static Vector256<float> Load(byte* weights)
    {
        (Vector128<uint> low, Vector128<uint> high) = Vector128.Widen(Vector128.Load((ushort*)weights));
        return (Vector256.Create(low, high) << 16).AsSingle();
    }
}

/// <summary>The exponent of f16 is that of f32 less 112; weights are finite.</summary>
internal readonly unsafe struct Float16Weights : IFloatWeights
{
    public static int Bytes => sizeof(ushort);

    public static Vector256<float> Load(byte* weights)
    {
        (Vector128<uint> low, Vector128<uint> high) = Vector128.Widen(Vector128.Load((ushort*)weights));
        Vector256<uint> bits = Vector256.Create(low, high);
        Vector256<float> magnitude = ((bits & Vector256.Create(0x7FFFu)) << 13).AsSingle() * 5.192296858534828e33f;
        return (magnitude.AsUInt32() | ((bits & Vector256.Create(0x8000u)) << 16)).AsSingle();
    }
}

/// <summary>Rows of floats by a panel of 16 columns: the bias first, then one fused multiply-add per k.</summary>
internal static unsafe class FloatRows
{
    public const int Columns = 16;

    /// <summary>One row: the sums before they are cut to the range.</summary>
    public static void One<T>(byte* panel, int k, float* x, float* sums)
        where T : struct, IFloatWeights
    {
        Vector256<float> low = Vector256.Load((float*)panel);
        Vector256<float> high = Vector256.Load((float*)panel + 8);
        byte* weights = panel + (Columns * sizeof(float));
        for (int i = 0; i < k; i++)
        {
            Vector256<float> value = Vector256.Create(x[i]);
            low = Vector256.FusedMultiplyAdd(value, T.Load(weights), low);
            high = Vector256.FusedMultiplyAdd(value, T.Load(weights + (8 * T.Bytes)), high);
            weights += Columns * T.Bytes;
        }

        low.Store(sums);
        high.Store(sums + 8);
    }

    /// <summary>Four rows, so that each weight is read once; sums are [4][16].</summary>
    public static void Four<T>(byte* panel, int k, float* x, long xStride, float* sums)
        where T : struct, IFloatWeights
    {
        float* x1 = x + xStride;
        float* x2 = x1 + xStride;
        float* x3 = x2 + xStride;
        Vector256<float> low0 = Vector256.Load((float*)panel), low1 = low0, low2 = low0, low3 = low0;
        Vector256<float> high0 = Vector256.Load((float*)panel + 8), high1 = high0, high2 = high0, high3 = high0;
        byte* weights = panel + (Columns * sizeof(float));
        for (int i = 0; i < k; i++)
        {
            Vector256<float> low = T.Load(weights);
            Vector256<float> high = T.Load(weights + (8 * T.Bytes));
            weights += Columns * T.Bytes;
            Vector256<float> value = Vector256.Create(x[i]);
            low0 = Vector256.FusedMultiplyAdd(value, low, low0);
            high0 = Vector256.FusedMultiplyAdd(value, high, high0);
            value = Vector256.Create(x1[i]);
            low1 = Vector256.FusedMultiplyAdd(value, low, low1);
            high1 = Vector256.FusedMultiplyAdd(value, high, high1);
            value = Vector256.Create(x2[i]);
            low2 = Vector256.FusedMultiplyAdd(value, low, low2);
            high2 = Vector256.FusedMultiplyAdd(value, high, high2);
            value = Vector256.Create(x3[i]);
            low3 = Vector256.FusedMultiplyAdd(value, low, low3);
            high3 = Vector256.FusedMultiplyAdd(value, high, high3);
        }

        low0.Store(sums);
        high0.Store(sums + 8);
        low1.Store(sums + 16);
        high1.Store(sums + 24);
        low2.Store(sums + 32);
        high2.Store(sums + 40);
        low3.Store(sums + 48);
        high3.Store(sums + 56);
    }
}
