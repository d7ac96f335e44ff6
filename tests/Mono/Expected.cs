// SPDX-License-Identifier: Apache-2.0
using System;
using KleidiSharp.Interop;

namespace KleidiSharp.Mono.Tests;

/// <summary>What ks_matmul() has to compute, one value at a time, as kleidisharp.h says.</summary>
internal static class Expected
{
    /// <summary>y = clamp(x * transpose(weights) + bias) in f32.</summary>
    /// <param name="weights">The weights.</param>
    /// <param name="x">f32 [m][k].</param>
    /// <param name="m">Rows of x.</param>
    /// <param name="lo">Lower bound.</param>
    /// <param name="hi">Upper bound.</param>
    /// <param name="scaleX">With a scale, x holds codes less the zero point.</param>
    /// <param name="zeroX">The zero point of these codes.</param>
    public static float[] MatMul(Weights weights, float[] x, int m, float lo, float hi, float scaleX = 0, int zeroX = 0)
    {
        var y = new float[m * weights.N];
        for (int row = 0; row < m; row++)
        {
            var activations = new Activations(weights, x, row * weights.K, scaleX, zeroX);
            for (int n = 0; n < weights.N; n++)
            {
                if (!activations.IsFinite)
                {
                    y[(row * weights.N) + n] = Scalar.QuietNaN;
                    continue;
                }

                float acc = weights.Format.IsFloat ? Floats(weights, activations, n)
                    : weights.Format.Id == ks_format.KS_FORMAT_INT4_GROUP ? Int4Group(weights, activations, n)
                    : weights.Format.IsPerRow ? Channel(weights, activations, n)
                    : PerGroup(weights, activations, n);
                acc = weights.Format.IsFloat ? acc : Scalar.Add(acc, weights.Bias[n]);
                y[(row * weights.N) + n] = Scalar.Clamp(acc, lo, hi);
            }
        }

        return y;
    }

    private static float Floats(Weights weights, Activations x, int n)
    {
        float acc = weights.Bias[n];
        for (int k = 0; k < weights.K; k++)
        {
            acc = Scalar.Fma(x.Values[k], weights.Float(n, k), acc);
        }

        return acc;
    }

    private static float Int4Group(Weights weights, Activations x, int n)
    {
        float acc = 0, rowSum = 0;
        for (int k = 0; k < weights.K; k += 32)
        {
            int sum = 0;
            for (int i = k; i < k + 32; i++)
            {
                sum += weights.Value(n, i);
            }

            rowSum = Scalar.Add(rowSum, Scalar.Mul(sum, weights.Scale(n, k / weights.Group)));
        }

        for (int k = 0; k < weights.K; k += weights.Group)
        {
            acc = Scalar.Fma(Dot(weights, x, n, k, weights.Group), weights.Scale(n, k / weights.Group), acc);
        }

        return Scalar.Mul(Scalar.Fma(rowSum, -x.ZeroPoint, acc), x.Scales[0]);
    }

    private static float Channel(Weights weights, Activations x, int n)
    {
        int sum = 0;
        for (int k = 0; k < weights.K; k++)
        {
            sum += weights.Value(n, k);
        }

        int t = Dot(weights, x, n, 0, weights.K) - (x.ZeroPoint * sum);
        float scale = weights.Scale(n, 0);
        return weights.Format.Id == ks_format.KS_FORMAT_INT4_CHANNEL
            ? Scalar.Mul(16 * t, Scalar.Mul(x.Scales[0], scale / 16))
            : Scalar.Mul(t, Scalar.Mul(x.Scales[0], scale));
    }

    private static float PerGroup(Weights weights, Activations x, int n)
    {
        int group = weights.Format.HasZeros ? weights.Group : 32;
        float acc = 0;
        for (int k = 0; k < weights.K; k += group)
        {
            int g = k / group;
            int dot = Dot(weights, x, n, k, group);
            if (!weights.Format.HasZeros)
            {
                acc = Scalar.Fma(dot, Scalar.Mul(x.Scales[g], weights.Scale(n, g)), acc);
                continue;
            }

            int sum = 0;
            for (int i = k; i < k + group; i++)
            {
                sum += x.Codes[i];
            }

            acc = Scalar.Fma(weights.Zeros[(n * weights.ScalesPerRow) + g], Scalar.Mul(sum, x.Scales[g]), acc);
            acc = Scalar.Fma(16 * dot, Scalar.Mul(weights.Scale(n, g) / 16, x.Scales[g]), acc);
        }

        return acc;
    }

    private static int Dot(Weights weights, Activations x, int n, int begin, int count)
    {
        int sum = 0;
        for (int k = begin; k < begin + count; k++)
        {
            sum += x.Codes[k] * weights.Value(n, k);
        }

        return sum;
    }
}
