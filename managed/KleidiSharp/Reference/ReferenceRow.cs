// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp;

/// <summary>One row of weights (an output feature), and the arithmetic of its format.</summary>
internal sealed class ReferenceRow
{
    private readonly QuantizedWeights weights;
    private readonly int row;
    private readonly sbyte[] codes = [];
    private readonly float[] floats = [];
    private readonly float rowSum;

    public ReferenceRow(QuantizedWeights weights, int row)
    {
        this.weights = weights;
        this.row = row;
        if (weights.Format.Traits.IsFloat)
        {
            floats = new float[weights.InFeatures];
            weights.ReadFloats(row, floats);
            return;
        }

        codes = new sbyte[weights.InFeatures];
        weights.DecodeRow(row, codes);
        rowSum = weights.Format.Kind == WeightKind.Int4Group ? ReferenceKernels.RowSum(weights, row) : 0;
    }

    /// <summary>The result before it is cut to a range.</summary>
    public float Dot(ReferenceActivations x, float bias) => weights.Format.Kind switch
    {
        WeightKind.Int4Group => Int4Group(x, bias),
        WeightKind.Int4Channel => Int4Channel(SumWithoutZeroPoint(x), x.Scales[0], weights.Scale(row, 0), bias),
        WeightKind.Int8Channel or WeightKind.Int2Channel =>
            Channel(SumWithoutZeroPoint(x), x.Scales[0], weights.Scale(row, 0), bias),
        WeightKind.Q4_0 => Q4_0(x, bias),
        WeightKind.Int4Asymmetric => Int4Asymmetric(x, bias),
        _ => Floats(x, bias),
    };

    /// <summary>From the sum over groups to the result.</summary>
    public static float FinishInt4Group(float acc, float rowSum, int zeroPoint, float scaleX, float bias)
    {
        acc = MathF.FusedMultiplyAdd(rowSum, -zeroPoint, acc);
        acc *= scaleX;
        return acc + bias;
    }

    public static float Int4Channel(int sum, float scaleX, float scaleW, float bias)
    {
        float acc = 16 * sum * (scaleX * (scaleW / 16));
        return acc + bias;
    }

    public static float Channel(int sum, float scaleX, float scaleW, float bias)
    {
        float acc = sum * (scaleX * scaleW);
        return acc + bias;
    }

    private float Int4Group(ReferenceActivations x, float bias)
    {
        int group = weights.Format.GroupSize;
        float acc = 0;
        for (int g = 0; g < codes.Length / group; g++)
        {
            acc = MathF.FusedMultiplyAdd(Sum(x, g * group, group), weights.Scale(row, g), acc);
        }

        return FinishInt4Group(acc, rowSum, x.ZeroPoint, x.Scales[0], bias);
    }

    private float Q4_0(ReferenceActivations x, float bias)
    {
        float acc = 0;
        for (int g = 0; g < codes.Length / 32; g++)
        {
            acc = MathF.FusedMultiplyAdd(Sum(x, g * 32, 32), x.Scales[g] * weights.Scale(row, g), acc);
        }

        return acc + bias;
    }

    private float Int4Asymmetric(ReferenceActivations x, float bias)
    {
        int group = weights.Format.GroupSize;
        float acc = 0;
        for (int g = 0; g < codes.Length / group; g++)
        {
            int sumOfCodes = 0;
            foreach (sbyte code in x.Codes.AsSpan(g * group, group))
            {
                sumOfCodes += code;
            }

            float sumX = sumOfCodes * x.Scales[g];
            acc = MathF.FusedMultiplyAdd(weights.Zero(row, g), sumX, acc);
            acc = MathF.FusedMultiplyAdd(16 * Sum(x, g * group, group), weights.Scale(row, g) / 16 * x.Scales[g], acc);
        }

        return acc + bias;
    }

    private float Floats(ReferenceActivations x, float bias)
    {
        if (!x.IsFinite)
        {
            return float.NaN;
        }

        float acc = bias;
        for (int k = 0; k < floats.Length; k++)
        {
            acc = MathF.FusedMultiplyAdd(x.Values[k], floats[k], acc);
        }

        return acc;
    }

    private int Sum(ReferenceActivations x, int begin, int count)
    {
        int sum = 0;
        for (int k = begin; k < begin + count; k++)
        {
            sum += x.Codes[k] * codes[k];
        }

        return sum;
    }

    private int SumWithoutZeroPoint(ReferenceActivations x)
    {
        int sum = 0;
        foreach (sbyte code in codes)
        {
            sum += code;
        }

        return Sum(x, 0, codes.Length) - (x.ZeroPoint * sum);
    }
}
