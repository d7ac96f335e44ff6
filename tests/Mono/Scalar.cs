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
    public static readonly float QuietNaN = FromBits(0x7FC00000);

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

    public static float FromHalf(ushort half)
    {
        int magnitude = half & 0x7FFF;
        float value = magnitude < 0x400 ? magnitude / 16777216f : FromBits((magnitude << 13) + 0x38000000);
        return (half & 0x8000) != 0 ? -value : value;
    }

    /// <summary>Nearest, ties to even.</summary>
    public static ushort ToHalf(float value)
    {
        int magnitude = Bits(value) & int.MaxValue;
        int rounded = magnitude > 0x7F800000 ? 0x7E00
            : magnitude >= 0x477FF000 ? 0x7C00
            : magnitude < 0x38800000 ? (int)Math.Round(Math.Abs((double)value) * 16777216, MidpointRounding.ToEven)
            : (magnitude + 0xFFF + ((magnitude >> 13) & 1) - 0x38000000) >> 13;
        return (ushort)(rounded | (float.IsNaN(value) ? 0 : (Bits(value) >> 16) & 0x8000));
    }

    /// <summary>Nearest, ties to even.</summary>
    public static ushort ToBFloat16(float value) =>
        float.IsNaN(value) ? (ushort)0x7FC0 : (ushort)((Bits(value) + 0x7FFFL + ((Bits(value) >> 16) & 1)) >> 16);

    /// <summary>The int8 code of a number of steps; NaN counts as 0.</summary>
    public static sbyte ToCode(float steps, int zeroPoint)
    {
        double near = float.IsNaN(steps) ? 0 : Math.Max(-1000, Math.Min(1000, Math.Round((double)steps, MidpointRounding.ToEven)));
        return (sbyte)Math.Max(-128, Math.Min(127, (int)near + zeroPoint));
    }

    public static float Mul(float a, float b) => (float)((double)a * b);

    public static float Div(float a, float b) => (float)((double)a / b);

    public static float Add(float a, float b) => (float)((double)a + b);

    /// <summary>
    /// A zero lo is +0 and a zero hi is -0, so that the sign of a clamped zero does not depend on the order of max and min.
    /// </summary>
    public static float Clamp(float value, float lo, float hi)
    {
        float raised = value > lo || float.IsNaN(value) ? value : lo == 0 ? 0f : lo;
        float clamped = raised < hi || float.IsNaN(raised) ? raised : hi == 0 ? FromBits(int.MinValue) : hi;
        return float.IsNaN(clamped) ? QuietNaN : clamped;
    }

    public static bool IsFinite(double value) => !double.IsNaN(value) && !double.IsInfinity(value);

    public static bool IsFinite(float[] values, int begin, int count)
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
