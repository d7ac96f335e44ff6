// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp.KernelTests;

/// <summary>A multiplication drawn from a seed and an index: the same pair always gives the same case.</summary>
internal sealed class DrawnCase
{
    private static readonly string[] s_activationKinds =
        ["uniform", "normal", "heavy", "positive", "negative", "constant", "zero", "signed-zero", "ties", "tiny", "subnormal", "huge", "overflow", "not-finite"];

    private readonly Random random;

    public DrawnCase(int seed, int index, WeightFormat format)
    {
        Seed = seed;
        Index = index;
        random = new Random(unchecked((seed * 1_000_003) + (index * 7919) + (int)format.Kind));

        // Now and then more rows than one pass over the weights serves.
        bool tall = random.Next(60) == 0;
        M = tall ? random.Next(230, 300) : Draw(1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 13, 16, 17, 20, 31, random.Next(1, 40));
        N = tall ? random.Next(1, 40) : Draw(1, 2, 7, 8, 9, 15, 16, 17, 31, 32, 33, 48, 63, 64, 65, random.Next(1, 140));
        if (format.Kind == WeightKind.Int4Group)
        {
            int group = Draw(32, 32, 32, 64, 96, 128, 160, 256);
            K = group * random.Next(1, group >= 128 ? 4 : 8);
            Format = WeightFormat.Int4Group(group);
        }
        else
        {
            K = Draw(1, 2, 3, 4, 5, 31, 32, 33, 64, 255, 256, 257, random.Next(1, 600));
            Format = format;
        }

        XStride = K + (random.Next(3) == 0 ? random.Next(1, 9) : 0);
        YStride = N + (random.Next(3) == 0 ? random.Next(1, 9) : 0);
        Weights = DrawWeights();
        X = new float[((M - 1) * XStride) + K];
        for (int row = 0; row < M; row++)
        {
            DrawActivations(X.AsSpan(row * XStride, K));
        }

        Bias = random.Next(3) == 0 ? null : Fill(new float[N], _ => random.Next(6) == 0 ? -0f : Normal() * 3);
        Clamp = random.Next(6) switch
        {
            0 => Clamp.Relu,
            1 => new Clamp(-1.5f, 2.25f),
            2 => new Clamp(float.NegativeInfinity, -0f),
            3 => new Clamp(0f, 0f),
            _ => Clamp.None,
        };
        Threads = random.Next(3) == 0 ? 2 : 1;
    }

    public int Seed { get; }

    public int Index { get; }

    public WeightFormat Format { get; }

    public int M { get; }

    public int N { get; }

    public int K { get; }

    public int XStride { get; }

    public int YStride { get; }

    public int Threads { get; }

    /// <summary>[n][k].</summary>
    public float[] Weights { get; }

    /// <summary>[m][x stride], without the gap after the last row.</summary>
    public float[] X { get; }

    public float[]? Bias { get; }

    public Clamp Clamp { get; }

    /// <summary>What each row of <see cref="X"/> was drawn from.</summary>
    public List<string> RowKinds { get; } = [];

    /// <summary>The rows of <see cref="X"/> without gaps, [m][k].</summary>
    public float[] DenseX()
    {
        var dense = new float[M * K];
        for (int row = 0; row < M; row++)
        {
            X.AsSpan(row * XStride, K).CopyTo(dense.AsSpan(row * K));
        }

        return dense;
    }

    /// <summary>The weights as a packer takes them: the codes where they were quantised.</summary>
    public PackSource Source(QuantizedWeights? quantized) => new()
    {
        Values = quantized is null ? Weights : [],
        Codes = quantized is null ? [] : quantized.Codes,
        Scales = quantized is null ? [] : quantized.ExactBFloat16Scales(),
        Bias = Bias,
    };

    public override string ToString() =>
        $"seed {Seed}, case {Index}: {Format}, m {M}, n {N}, k {K}, x stride {XStride}, y stride {YStride}, bias {Bias is not null}, " +
        $"{Clamp}, threads {Threads}, rows [{string.Join(' ', RowKinds)}]";

    private T Draw<T>(params ReadOnlySpan<T> choices) => choices[random.Next(choices.Length)];

    private float[] DrawWeights()
    {
        var weights = new float[N * K];
        for (int row = 0; row < N; row++)
        {
            // Scales of one row span many binades, so that the order of every sum shows in the bits.
            int spread = Draw(0, 2, 12);
            for (int column = 0; column < K; column++)
            {
                float magnitude = MathF.ScaleB(1f, spread == 0 ? 0 : -((column / 32 * 5 % 13 * spread / 12) + random.Next(2)));
                weights[(row * K) + column] = random.Next(40) == 0 ? 0f : Normal() * magnitude;
            }
        }

        return weights;
    }

    private void DrawActivations(Span<float> row)
    {
        string kind = random.Next(3) == 0 ? Draw<string>(s_activationKinds) : Draw("uniform", "normal");
        RowKinds.Add(kind);
        float constant = Normal() * 5;
        for (int i = 0; i < row.Length; i++)
        {
            row[i] = kind switch
            {
                "normal" => Normal(),
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
                _ => (random.NextSingle() * 4) - 2,
            };
        }

        if (kind == "ties")
        {
            row[0] = 127.5f;
            row[^1] = -127.5f;
        }
        else if (kind == "not-finite")
        {
            row[random.Next(row.Length)] = Draw(float.NaN, float.PositiveInfinity, float.NegativeInfinity);
        }
    }

    private float Normal()
    {
        double radius = Math.Sqrt(-2 * Math.Log(1 - random.NextDouble()));
        return (float)(radius * Math.Cos(2 * Math.PI * random.NextDouble()));
    }

    private static float[] Fill(float[] values, Func<int, float> value)
    {
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = value(i);
        }

        return values;
    }
}
