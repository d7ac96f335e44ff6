// SPDX-License-Identifier: Apache-2.0
using System;
using KleidiSharp.Interop;

namespace KleidiSharp.Mono.Tests;

/// <summary>A row of x as the arithmetic of a format takes it.</summary>
internal sealed class Activations
{
    public Activations(Weights weights, float[] x, int at, float scaleX, int zeroX)
    {
        int k = weights.K;
        Values = new float[k];
        Codes = new int[k];
        Array.Copy(x, at, Values, 0, k);
        IsFinite = Scalar.IsFinite(Values, 0, k);
        if (!IsFinite)
        {
            return;
        }

        if (weights.Format.IsFloat)
        {
            RoundTo(weights.Format.Id);
            IsFinite = Scalar.IsFinite(Values, 0, k);
        }
        else if (scaleX != 0)
        {
            Codes = Array.ConvertAll(Values, value => (int)value + zeroX);
            (ZeroPoint, Scales) = (zeroX, [scaleX]);
        }
        else if (weights.Format.IsPerRow)
        {
            QuantizeRow();
        }
        else
        {
            QuantizeGroups(weights.Format.HasZeros, weights.Format.HasZeros ? weights.Group : 32);
        }
    }

    public float[] Values { get; }

    public int[] Codes { get; private set; }

    public bool IsFinite { get; private set; }

    public int ZeroPoint { get; private set; }

    public float[] Scales { get; private set; } = [];

    private void RoundTo(ks_format format)
    {
        for (int i = 0; format != ks_format.KS_FORMAT_F32 && i < Values.Length; i++)
        {
            Values[i] = format == ks_format.KS_FORMAT_BF16
                ? Scalar.FromBFloat16(Scalar.ToBFloat16(Values[i]))
                : Scalar.ToHalf(Values[i]) is var half && (half & 0x7FFF) == 0x7C00 ? float.PositiveInfinity : Scalar.FromHalf(half);
        }
    }

    private void QuantizeRow()
    {
        float lo = 0, hi = 0;
        foreach (float value in Values)
        {
            lo = Math.Min(lo, value);
            hi = Math.Max(hi, value);
        }

        float range = Scalar.Add(hi, -lo);
        IsFinite = Scalar.IsFinite(range);
        float s = lo == hi ? 1 : Scalar.Div(255, range);
        Scales = [float.IsInfinity(s) ? 0 : Scalar.Div(1, s)];
        if (!IsFinite || float.IsInfinity(s))
        {
            return;
        }

        float below = Scalar.Mul(lo, s), above = Scalar.Mul(hi, s);
        float e = Scalar.Add(Scalar.Add(-128, below), Scalar.Add(127, above));
        float zero = e > 0 ? Scalar.Add(-128, -below) : Scalar.Add(127, -above);
        ZeroPoint = (int)Math.Round(Math.Min(Math.Max(zero, -128f), 127f), MidpointRounding.ToEven);
        for (int i = 0; i < Codes.Length; i++)
        {
            int q = (int)Math.Round((double)Scalar.Mul(Values[i], s), MidpointRounding.AwayFromZero);
            Codes[i] = Math.Min(Math.Max(q + ZeroPoint, -128), 127);
        }
    }

    private void QuantizeGroups(bool byGroup, int group)
    {
        Scales = new float[Values.Length / group];
        for (int g = 0; g < Scales.Length; g++)
        {
            float largest = 0;
            for (int i = g * group; i < (g + 1) * group; i++)
            {
                largest = Math.Max(largest, Math.Abs(Values[i]));
            }

            float d = Scalar.Div(largest, 127);
            float s = byGroup ? Scalar.Div(127, largest) : Scalar.Div(1, d);
            if (byGroup ? largest < 1 / 3.7778931862957162e22 : d == 0 || float.IsInfinity(s))
            {
                continue;
            }

            ushort half = Scalar.ToHalf(d);
            IsFinite &= byGroup || (half & 0x7FFF) < 0x7C00;
            Scales[g] = byGroup ? Scalar.Div(1, s) : Scalar.FromHalf(half);
            MidpointRounding rounding = byGroup ? MidpointRounding.ToEven : MidpointRounding.AwayFromZero;
            for (int i = g * group; i < (g + 1) * group; i++)
            {
                Codes[i] = (int)Math.Round((double)Scalar.Mul(Values[i], s), rounding);
            }
        }
    }
}
