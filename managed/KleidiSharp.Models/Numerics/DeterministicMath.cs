// SPDX-License-Identifier: Apache-2.0
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace KleidiSharp.Models;

/// <summary>
/// exp, log, power, sine and cosine out of IEEE additions, multiplications, divisions and fused multiply-adds alone, each
/// written out in its order, so that every processor gives the same bits; the C library's functions do not.
/// </summary>
internal static class DeterministicMath
{
    // ln 2 and pi / 2 in parts: the leading ones have trailing zeros, so that n times them is exact.
    private const double Ln2High = 6.93147180369123816490e-01;
    private const double Ln2Low = 1.90821492927058770002e-10;
    private const double HalfPiHigh = 1.57079632673412561417e+00;
    private const double HalfPiLow = 6.07710050650619224932e-11;
    private const double Log2E = 1.44269504088896340736;
    private const double TwoOverPi = 0.63661977236758134308;
    private const float Ln2HighF = 0.693359375f;
    private const float Ln2LowF = -2.12194440e-4f;

    // Added to a float of less than 2^22 this rounds it to a whole number, which the sum's lowest bits are.
    private const float OneAndAHalfOf2To23F = 12582912f;

    // 1 / n!, the Taylor coefficients of exp from the 13th down.
    private static readonly double[] ExpCoefficients =
    [
        1.0 / 6227020800, 1.0 / 479001600, 1.0 / 39916800, 1.0 / 3628800, 1.0 / 362880, 1.0 / 40320, 1.0 / 5040, 1.0 / 720,
        1.0 / 120, 1.0 / 24, 1.0 / 6, 0.5, 1, 1,
    ];

    private static readonly double[] SinCoefficients =
    [
        1.0 / 355687428096000, -1.0 / 1307674368000, 1.0 / 6227020800, -1.0 / 39916800, 1.0 / 362880, -1.0 / 5040, 1.0 / 120,
        -1.0 / 6,
    ];

    private static readonly double[] CosCoefficients =
    [
        1.0 / 20922789888000, -1.0 / 87178291200, 1.0 / 479001600, -1.0 / 3628800, 1.0 / 40320, -1.0 / 720, 1.0 / 24, -0.5, 1,
    ];

    /// <summary>e to the power of x: x = n·ln 2 + r with |r| at most half of ln 2, then Taylor's series for r.</summary>
    public static double Exp(double x)
    {
        if (double.IsNaN(x) || x > 709.78)
        {
            return double.IsNaN(x) ? double.NaN : double.PositiveInfinity;
        }

        if (x < -708)
        {
            return 0;
        }

        double n = Math.Round(x * Log2E);
        double r = Math.FusedMultiplyAdd(-n, Ln2Low, Math.FusedMultiplyAdd(-n, Ln2High, x));
        return Polynomial(ExpCoefficients, r) * PowerOfTwo((int)n - 1) * 2;
    }

    /// <summary>
    /// The natural logarithm of a positive, normal number: x = m·2^e with m in [0.7, 1.42), then the series of
    /// 2·artanh((m - 1) / (m + 1)).
    /// </summary>
    public static double Log(double x)
    {
        long bits = BitConverter.DoubleToInt64Bits(x);
        int e = (int)(bits >> 52) - 1023;
        double m = BitConverter.Int64BitsToDouble((bits & 0xF_FFFF_FFFF_FFFF) | 0x3FF0_0000_0000_0000);
        if (m >= 1.4142135623730951)
        {
            m *= 0.5;
            e++;
        }

        double s = (m - 1) / (m + 1);
        double square = s * s;
        double series = 0;
        for (int k = 23; k >= 3; k -= 2)
        {
            series = (series + 1.0 / k) * square;
        }

        return Math.FusedMultiplyAdd(e, Ln2High, Math.FusedMultiplyAdd(e, Ln2Low, 2 * s * series) + 2 * s);
    }

    /// <summary>x to the power of y, for a positive, normal x and a result that is neither huge nor tiny.</summary>
    public static double Pow(double x, double y) => Exp(y * Log(x));

    /// <summary>
    /// Sine and cosine of an angle of at most 2^30: x = n·pi/2 + r with |r| at most pi/4, then Taylor's series for r.
    /// </summary>
    public static (double Sin, double Cos) SinCos(double x)
    {
        double n = Math.Round(x * TwoOverPi);
        double r = Math.FusedMultiplyAdd(-n, HalfPiLow, Math.FusedMultiplyAdd(-n, HalfPiHigh, x));
        double square = r * r;
        double sin = Math.FusedMultiplyAdd(Polynomial(SinCoefficients, square) * square, r, r);
        double cos = Polynomial(CosCoefficients, square);
        return ((long)n & 3) switch
        {
            0 => (sin, cos),
            1 => (cos, -sin),
            2 => (-sin, -cos),
            _ => (-cos, sin),
        };
    }

    /// <summary>
    /// e to the power of each of 8 floats, to about one unit in the last place. Above 88.37 the result is infinite, below
    /// -87.3 zero; NaN stays NaN.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Exp(Vector256<float> x)
    {
        Vector256<float> tooLarge = Vector256.GreaterThan(x, Vector256.Create(88.37f));
        Vector256<float> tooSmall = Vector256.LessThan(x, Vector256.Create(-87.3f));
        Vector256<float> shifted = x * (float)Log2E + Vector256.Create(OneAndAHalfOf2To23F);
        Vector256<float> n = shifted - Vector256.Create(OneAndAHalfOf2To23F);
        Vector256<float> r = Vector256.FusedMultiplyAdd(n, Vector256.Create(-Ln2HighF), x);
        r = Vector256.FusedMultiplyAdd(n, Vector256.Create(-Ln2LowF), r);
        Vector256<float> p = Vector256.Create(1f / 5040);
        p = Vector256.FusedMultiplyAdd(p, r, Vector256.Create(1f / 720));
        p = Vector256.FusedMultiplyAdd(p, r, Vector256.Create(1f / 120));
        p = Vector256.FusedMultiplyAdd(p, r, Vector256.Create(1f / 24));
        p = Vector256.FusedMultiplyAdd(p, r, Vector256.Create(1f / 6));
        p = Vector256.FusedMultiplyAdd(p, r, Vector256.Create(0.5f));
        p = Vector256.FusedMultiplyAdd(p, r, Vector256<float>.One);
        p = Vector256.FusedMultiplyAdd(p, r, Vector256<float>.One);
        Vector256<float> power = ((shifted.AsInt32() + Vector256.Create(127)) << 23).AsSingle();
        Vector256<float> result = p * power;
        result = Vector256.ConditionalSelect(tooSmall, Vector256<float>.Zero, result);
        result = Vector256.ConditionalSelect(tooLarge, Vector256.Create(float.PositiveInfinity), result);
        return Vector256.ConditionalSelect(Vector256.Equals(x, x), result, x);
    }

    private static double Polynomial(ReadOnlySpan<double> coefficients, double x)
    {
        double value = coefficients[0];
        foreach (double coefficient in coefficients[1..])
        {
            value = Math.FusedMultiplyAdd(value, x, coefficient);
        }

        return value;
    }

    private static double PowerOfTwo(int exponent) => BitConverter.Int64BitsToDouble((exponent + 1023L) << 52);
}
