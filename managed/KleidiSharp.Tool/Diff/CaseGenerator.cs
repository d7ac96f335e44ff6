// SPDX-License-Identifier: Apache-2.0
using KleidiSharp.Tool.Doctor;

namespace KleidiSharp.Tool.Diff;

/// <summary>Draws cases: the same format, seed and index always give the same one, on every machine.</summary>
internal sealed class CaseGenerator
{
    private static readonly string[] s_activationKinds =
    [
        "uniform", "normal", "heavy", "positive", "negative", "constant", "zero", "signed-zero", "ties", "tiny",
        "subnormal", "huge", "overflow", "outliers", "not-finite",
    ];

    private static readonly string[] s_weightKinds =
        ["normal", "heavy", "constant", "positive", "signed-zero", "ties", "subnormal", "huge", "outliers"];

    private readonly Random random;

    // Every so many columns of a case hold outliers: the same ones in every row.
    private readonly int outlierColumn;

    private bool deep;

    private CaseGenerator(int seed, int index, WeightKind kind)
    {
        random = new Random(Mix(seed, index, kind));
        outlierColumn = random.Next(3, 40);
    }

    /// <summary>Draws one case.</summary>
    /// <param name="kind">The number format of the weights.</param>
    /// <param name="seed">Any number.</param>
    /// <param name="index">Which case of the seed.</param>
    public static DrawnCase Draw(WeightKind kind, int seed, int index) =>
        new CaseGenerator(seed, index, kind).Draw(kind) with { Seed = seed, Index = index };

    // The generator's first numbers are nearly linear in its seed, so neighbouring seeds would draw related cases; the
    // last steps are the finaliser of MurmurHash3.
    private static int Mix(int seed, int index, WeightKind kind)
    {
        uint hash = unchecked(((uint)seed * 1_000_003) + ((uint)index * 7919) + (uint)kind);
        hash = unchecked((hash ^ (hash >> 16)) * 0x85EB_CA6B);
        hash = unchecked((hash ^ (hash >> 13)) * 0xC2B2_AE35);
        return (int)((hash ^ (hash >> 16)) >> 1);
    }

    private DrawnCase Draw(WeightKind kind)
    {
        // Now and then more rows than one pass over the weights serves.
        bool tall = random.Next(60) == 0;
        // Now and then sums of many values.
        deep = !tall && random.Next(40) == 0;
        int m = tall
            ? random.Next(230, 300)
            : deep ? random.Next(1, 6) : Pick(1, 1, 1, 1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 13, 16, 17, 20, 31, random.Next(1, 40));
        int n = tall
            ? random.Next(1, 40)
            : deep ? random.Next(1, 20) : Pick(1, 2, 7, 8, 9, 15, 16, 17, 31, 32, 33, 48, 63, 64, 65, random.Next(1, 140));
        (WeightFormat format, int k) = DrawFormat(kind);
        int xStride = k + (random.Next(3) == 0 ? random.Next(1, 9) : 0);
        int yStride = n + (random.Next(3) == 0 ? random.Next(1, 9) : 0);
        string weightsKind = random.Next(3) == 0 ? Pick<string>(s_weightKinds) : "spread";
        if (weightsKind == "huge" && kind is WeightKind.Float16 or WeightKind.Q4_0)
        {
            // Beyond f16, which holds the weights or their scales.
            weightsKind = "heavy";
        }

        float[] weights = weightsKind == "spread" ? SpreadWeights(n, k) : Rows(n, k, k, _ => weightsKind);
        var rowKinds = new string[m];
        float[] x = Rows(m, k, xStride, row => rowKinds[row] = DrawActivations());
        ActivationFormat xFormat = DrawX(kind);
        for (int i = 0; i < x.Length; i++)
        {
            x[i] = xFormat.Type == ActivationType.Int8
                ? random.Next(sbyte.MinValue, sbyte.MaxValue + 1)
                : ActivationBytes.Round(x[i], xFormat.Type);
        }

        float[]? bias = null;
        if (random.Next(3) != 0)
        {
            bias = new float[n];
            for (int i = 0; i < n; i++)
            {
                bias[i] = random.Next(6) == 0 ? -0f : Normal() * 3;
            }
        }

        return new DrawnCase
        {
            Seed = 0,
            Index = 0,
            Format = format,
            M = m,
            N = n,
            K = k,
            XStride = xStride,
            YStride = yStride,
            Weights = weights,
            X = x,
            XFormat = xFormat,
            YFormat = DrawY(),
            Bias = bias,
            Clamp = random.Next(6) switch
            {
                0 => Clamp.Relu,
                1 => new Clamp(-1.5f, 2.25f),
                2 => new Clamp(float.NegativeInfinity, -0f),
                3 => new Clamp(0f, 0f),
                _ => Clamp.None,
            },
            Threads = random.Next(3) == 0 ? 2 : 1,
            RowKinds = rowKinds,
            WeightsKind = weightsKind,
        };
    }

    // Mostly f32; codes, and floats that become codes as calibrated, where activations are quantised per row.
    private ActivationFormat DrawX(WeightKind kind)
    {
        bool perRow = kind is WeightKind.Int4Group or WeightKind.Int4Channel or WeightKind.Int8Channel or WeightKind.Int2Channel;
        return random.Next(12) switch
        {
            0 => ActivationFormat.Float16,
            1 => ActivationFormat.BFloat16,
            2 when perRow => ActivationFormat.Int8(DrawCodes(0.02f)),
            3 when perRow => ActivationFormat.Float32.Calibrated(DrawCodes(0.02f)),
            4 when perRow && random.Next(2) == 0 => ActivationFormat.BFloat16.Calibrated(DrawCodes(0.02f)),
            _ => ActivationFormat.Float32,
        };
    }

    private ActivationFormat DrawY() => random.Next(12) switch
    {
        0 => ActivationFormat.Float16,
        1 => ActivationFormat.BFloat16,
        2 or 3 => ActivationFormat.Int8(DrawCodes(0.5f)),
        _ => ActivationFormat.Float32,
    };

    private QuantParameters DrawCodes(float scale) =>
        new(MathF.ScaleB(scale * (1 + random.NextSingle()), random.Next(-3, 4)), random.Next(sbyte.MinValue, sbyte.MaxValue + 1));

    private string DrawActivations() =>
        random.Next(3) == 0 ? Pick<string>(s_activationKinds) : Pick("uniform", "normal");

    private (WeightFormat Format, int K) DrawFormat(WeightKind kind)
    {
        switch (kind)
        {
            case WeightKind.Int4Group:
                int group = Pick(32, 32, 32, 64, 96, 128, 160, 256);
                return (WeightFormat.Int4Group(group), group * Groups(group));
            case WeightKind.Int4Asymmetric:
                int size = Pick(32, 32, 32, 64, 96, 128, 160, 256);
                return (WeightFormat.Int4Asymmetric(size), size * Groups(size));
            case WeightKind.Int2Channel or WeightKind.Q4_0:
                return (KernelTable.FormatOf(kind, 0), 32 * (deep ? random.Next(16, 129) : random.Next(1, 16)));
            default:
                int k = deep
                    ? random.Next(600, 5000)
                    : Pick(1, 2, 3, 4, 5, 31, 32, 33, 64, 255, 256, 257, random.Next(1, 600));
                return (KernelTable.FormatOf(kind, 0), k);
        }
    }

    private int Groups(int size) => deep ? random.Next(1, 1 + (4096 / size)) : random.Next(1, size >= 128 ? 4 : 8);

    private T Pick<T>(params ReadOnlySpan<T> choices) => choices[random.Next(choices.Length)];

    // Scales of one row span many binades, so that the order of every sum shows in the bits.
    private float[] SpreadWeights(int n, int k)
    {
        var weights = new float[n * k];
        for (int row = 0; row < n; row++)
        {
            int spread = Pick(0, 2, 12);
            for (int column = 0; column < k; column++)
            {
                int binade = spread == 0 ? 0 : -((column / 32 * 5 % 13 * spread / 12) + random.Next(2));
                weights[(row * k) + column] = random.Next(40) == 0 ? 0f : MathF.ScaleB(Normal(), binade);
            }
        }

        return weights;
    }

    private float[] Rows(int rows, int width, int stride, Func<int, string> kindOf)
    {
        var values = new float[((rows - 1) * stride) + width];
        for (int row = 0; row < rows; row++)
        {
            Fill(values.AsSpan(row * stride, width), kindOf(row));
        }

        return values;
    }

    private void Fill(Span<float> row, string kind)
    {
        float constant = Normal() * 5;
        for (int i = 0; i < row.Length; i++)
        {
            row[i] = kind switch
            {
                "uniform" => (random.NextSingle() * 4) - 2,
                "normal" or "not-finite" => Normal(),
                "heavy" => random.Next(20) == 0 ? Normal() * 100 : Normal(),
                "positive" => 0.5f + random.NextSingle(),
                "negative" => -0.5f - random.NextSingle(),
                "constant" => constant,
                "zero" => 0f,
                "signed-zero" => random.Next(2) == 0 ? -0f : 0f,
                "ties" => (random.Next(511) - 255) * 0.5f,
                "tiny" => Normal() * 1e-30f,
                "subnormal" => Normal() * 1e-39f,
                "huge" => Normal() * 1e20f,
                "overflow" => (i & 1) == 0 ? float.MaxValue : -float.MaxValue,
                "outliers" => Normal() * (i % outlierColumn == 2 ? 60 : 1),
                _ => throw new ArgumentException($"'{kind}' is no kind of values.", nameof(kind)),
            };
        }

        if (kind == "ties")
        {
            row[0] = 127.5f;
            row[^1] = -127.5f;
        }
        else if (kind == "not-finite")
        {
            row[random.Next(row.Length)] = Pick(float.NaN, float.PositiveInfinity, float.NegativeInfinity);
        }
    }

    private float Normal()
    {
        double radius = Math.Sqrt(-2 * Math.Log(1 - random.NextDouble()));
        return (float)(radius * Math.Cos(2 * Math.PI * random.NextDouble()));
    }
}
