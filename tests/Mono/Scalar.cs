// SPDX-License-Identifier: Apache-2.0
using System;

namespace KleidiSharp.Mono.Tests;

/// <summary>
/// The arithmetic of kleidisharp.h, one value at a time. Every operation is done on doubles and rounded to float once: for
/// +, -, * and / of floats that is the correctly rounded float, whatever precision the runtime computes floats in.
/// </summary>
internal static unsafe class Scalar
{
    // float.NaN has its sign bit set.
    private static readonly float QuietNaN = FromBits(0x7FC00000);

    public static int Bits(float value) => *(int*)&value;

    public static float FromBits(int bits) => *(float*)&bits;

    public static float FromBFloat16(ushort bits) => FromBits(bits << 16);

    /// <summary>a * b + c, rounded once.</summary>
    public static float Fma(float a, float b, float c)
    {
        // The product of two floats is exact in double. Their sum with c is rounded to odd, so that rounding it again, to
        // float, cannot meet a tie that is none (Boldo and Melquiond, "Emulation of FMA and correctly rounded sums").
        double product = (double)a * b;
        double sum = product + c;
        double other = sum - product;
        double error = (product - (sum - other)) + (c - other);
        long bits = BitConverter.DoubleToInt64Bits(sum);
        if (IsFinite(sum) && error != 0 && (bits & 1) == 0)
        {
            sum = BitConverter.Int64BitsToDouble(error > 0 == sum > 0 ? bits + 1 : bits - 1);
        }

        return (float)sum;
    }

    /// <summary>Tries <see cref="Fma"/> just below a tie, 1 + 2^-23 + 2^-24 - 2^-70; rounding twice would round up.</summary>
    public static void VerifyFma()
    {
        float above = 1 + (1f / (1 << 23)), below = 1 - (1f / (1 << 23)), small = 1f / (1 << 12);
        Check.True(Bits(Fma(small * above, small * below, above)) == Bits(above), "it rounded up");
    }

    /// <summary>y = clamp(x * transpose(w) + bias) for KS_FORMAT_F32.</summary>
    public static float[] MatMulF32(float[] x, float[] w, float[] bias, int m, int n, int k, float lo, float hi)
    {
        var y = new float[m * n];
        for (int row = 0; row < m; row++)
        {
            bool finite = IsFinite(x, row * k, k);
            for (int column = 0; column < n; column++)
            {
                float acc = bias[column];
                for (int i = 0; i < k; i++)
                {
                    acc = Fma(x[(row * k) + i], w[(column * k) + i], acc);
                }

                y[(row * n) + column] = finite ? Clamp(acc, lo, hi) : QuietNaN;
            }
        }

        return y;
    }

    /// <summary>y = clamp(x * transpose(w) + bias) for KS_FORMAT_INT4_GROUP.</summary>
    public static float[] MatMulInt4(
        float[] x, byte[] codes, ushort[] scales, float[] bias, int m, int n, int k, int group, float lo, float hi)
    {
        var y = new float[m * n];
        var qa = new int[k];
        for (int row = 0; row < m; row++)
        {
            bool finite = QuantizeRow(x, row * k, qa, out int zeroPoint, out float scaleX);
            for (int column = 0; column < n; column++)
            {
                float acc = 0, rowSum = 0;
                for (int begin = 0; begin < k; begin += 32)
                {
                    float scale = FromBFloat16(scales[((column * k) + begin) / group]);
                    int sum = 0;
                    for (int i = begin; i < begin + 32; i++)
                    {
                        sum += Code(codes, (column * k) + i);
                    }

                    rowSum = (float)((double)rowSum + (float)((double)sum * scale));
                }

                for (int begin = 0; begin < k; begin += group)
                {
                    int dot = 0;
                    for (int i = begin; i < begin + group; i++)
                    {
                        dot += qa[i] * Code(codes, (column * k) + i);
                    }

                    acc = Fma(dot, FromBFloat16(scales[((column * k) + begin) / group]), acc);
                }

                acc = Fma(rowSum, -zeroPoint, acc);
                acc = (float)((double)acc * scaleX);
                acc = (float)((double)acc + bias[column]);
                y[(row * n) + column] = finite ? Clamp(acc, lo, hi) : QuietNaN;
            }
        }

        return y;
    }

    private static int Code(byte[] codes, int index) => ((codes[index / 2] >> (index % 2 * 4)) & 15) - 8;

    private static bool QuantizeRow(float[] x, int at, int[] qa, out int zeroPoint, out float scaleX)
    {
        float lo = 0, hi = 0;
        for (int i = 0; i < qa.Length; i++)
        {
            lo = Math.Min(lo, x[at + i]);
            hi = Math.Max(hi, x[at + i]);
        }

        zeroPoint = 0;
        scaleX = QuietNaN;
        float range = (float)((double)hi - lo);
        if (!IsFinite(x, at, qa.Length) || !IsFinite(range))
        {
            return false;
        }

        float s = lo == hi ? 1 : (float)(255 / (double)range);
        if (float.IsInfinity(s))
        {
            scaleX = 0;
            Array.Clear(qa, 0, qa.Length);
            return true;
        }

        scaleX = (float)(1 / (double)s);
        float below = (float)((double)lo * s), above = (float)((double)hi * s);
        float e = (float)((double)(float)(-128 + (double)below) + (float)(127 + (double)above));
        float zero = (float)(e > 0 ? -128 - (double)below : 127 - (double)above);
        zeroPoint = (int)Math.Round(Math.Min(Math.Max(zero, -128f), 127f), MidpointRounding.ToEven);
        for (int i = 0; i < qa.Length; i++)
        {
            int q = (int)Math.Round((double)(float)((double)x[at + i] * s), MidpointRounding.AwayFromZero);
            qa[i] = Math.Min(Math.Max(q + zeroPoint, -128), 127);
        }

        return true;
    }

    // A zero lo is +0 and a zero hi is -0, so that the sign of a clamped zero does not depend on the order of max and min.
    private static float Clamp(float value, float lo, float hi)
    {
        float raised = value > lo || float.IsNaN(value) ? value : lo == 0 ? 0f : lo;
        float clamped = raised < hi || float.IsNaN(raised) ? raised : hi == 0 ? FromBits(int.MinValue) : hi;
        return float.IsNaN(clamped) ? QuietNaN : clamped;
    }

    private static bool IsFinite(double value) => !double.IsNaN(value) && !double.IsInfinity(value);

    private static bool IsFinite(float[] values, int begin, int count)
    {
        for (int i = begin; i < begin + count; i++)
        {
            if (!IsFinite(values[i]))
            {
                return false;
            }
        }

        return true;
    }
}
