// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp.Tool.Diff;

/// <summary>A multiplication that implementations are compared by.</summary>
internal sealed record DrawnCase
{
    private const int ListedRows = 16;

    /// <summary>The seed it was drawn from.</summary>
    public required int Seed { get; init; }

    /// <summary>Its number among the cases of the seed.</summary>
    public required int Index { get; init; }

    public required WeightFormat Format { get; init; }

    /// <summary>Whether the weights are quantised before they are multiplied by.</summary>
    public bool HasCodes => Format.Kind != WeightKind.Float32;

    public required int M { get; init; }

    public required int N { get; init; }

    public required int K { get; init; }

    /// <summary>Elements from one row of x to the next.</summary>
    public required int XStride { get; init; }

    /// <summary>Elements from one row of y to the next.</summary>
    public required int YStride { get; init; }

    public required int Threads { get; init; }

    /// <summary>[n][k].</summary>
    public required float[] Weights { get; init; }

    /// <summary>
    /// [m][x stride], without the gap after the last row; numbers that <see cref="XFormat"/> holds, codes where that is
    /// int8.
    /// </summary>
    public required float[] X { get; init; }

    /// <summary>The type of x, and how it becomes codes.</summary>
    public ActivationFormat XFormat { get; init; }

    /// <summary>The type of y.</summary>
    public ActivationFormat YFormat { get; init; }

    /// <summary>[n]; null for none.</summary>
    public required float[]? Bias { get; init; }

    public required Clamp Clamp { get; init; }

    /// <summary>What each row of x was drawn from.</summary>
    public required IReadOnlyList<string> RowKinds { get; init; }

    /// <summary>What the weights were drawn from.</summary>
    public required string WeightsKind { get; init; }

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

    /// <summary>Whether x and y are f32 and nothing is calibrated.</summary>
    public bool IsFloat32 => XFormat == ActivationFormat.Float32 && YFormat == ActivationFormat.Float32;

    /// <summary>x in its type, with the strides of <see cref="X"/>.</summary>
    public byte[] TypedX() => ActivationBytes.Of(X, XFormat);

    /// <summary>x in its type without gaps, [m][k].</summary>
    public byte[] TypedDenseX() => ActivationBytes.Of(DenseX(), XFormat);

    /// <summary>Format, shape and everything else but the values.</summary>
    public string Shape =>
        $"{Format}, m {M}, n {N}, k {K}, x stride {XStride}, y stride {YStride}, "
        + $"x {Describe(XFormat)}, y {Describe(YFormat)}, bias {(Bias is null ? "no" : "yes")}, clamp {Clamp}, threads {Threads}";

    public override string ToString() =>
        $"seed {Seed}, case {Index}: {Shape}, weights {WeightsKind}, rows [{DescribeRows()}]";

    // Many rows are counted instead.
    private string DescribeRows() => string.Join(' ', M <= ListedRows
        ? RowKinds
        : RowKinds.GroupBy(kind => kind).OrderBy(kind => kind.Key, StringComparer.Ordinal)
            .Select(kind => $"{kind.Count()} {kind.Key}"));

    private static string Describe(ActivationFormat format)
    {
        string type = format.Type switch
        {
            ActivationType.Float32 => "f32",
            ActivationType.Float16 => "f16",
            ActivationType.BFloat16 => "bf16",
            _ => "int8",
        };
        QuantParameters codes = format.Quantization;
        return codes.Scale == 0 ? type : FormattableString.Invariant($"{type} (scale {codes.Scale:R}, zero {codes.ZeroPoint})");
    }
}
