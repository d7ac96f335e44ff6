// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp;

/// <summary>
/// Where a weight matrix stands, or goes to, in its logical form: pinned or native memory without gaps, which the
/// caller keeps.
/// </summary>
internal readonly unsafe struct WeightMemory
{
    /// <summary>[n] rows of codes, blocks or floats (<see cref="FormatTraits.RowBytes"/>).</summary>
    public required byte* Rows { get; init; }

    /// <summary>[n][groups] scales as the format has them; null for formats without.</summary>
    public byte* Scales { get; init; }

    /// <summary>[n][groups]; null for formats without.</summary>
    public float* Zeros { get; init; }

    /// <summary>[n]; null for zeros, or where none is wanted.</summary>
    public float* Bias { get; init; }

    /// <summary>The same without the rows before one.</summary>
    public WeightMemory From(long row, in PackedShape shape) => new()
    {
        Rows = Rows + (row * shape.RowBytes),
        Scales = Scales == null ? null : Scales + (row * shape.ScalesPerRow * shape.Format.Traits.ScaleBytes),
        Zeros = Zeros == null ? null : Zeros + (row * shape.ScalesPerRow),
        Bias = Bias == null ? null : Bias + row,
    };
}
