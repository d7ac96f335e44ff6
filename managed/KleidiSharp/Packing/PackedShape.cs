// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp;

/// <summary>What identifies packed weights, and the sizes that follow from it in closed form.</summary>
/// <param name="Format">The format.</param>
/// <param name="Layout">A layout of that format.</param>
/// <param name="OutFeatures">Rows (n).</param>
/// <param name="InFeatures">Values per row (k).</param>
/// <param name="VectorBytes">Bytes of the vector that the layout is made for; 0 where it depends on none.</param>
internal readonly record struct PackedShape(
    WeightFormat Format, WeightLayout Layout, int OutFeatures, int InFeatures, int VectorBytes = 0)
{
    public const int Alignment = 64;
    public const int HeaderSize = 128;

    public PackedLayout Formula => PackedLayout.Find(Layout)!;

    /// <summary>Columns (output features) of a panel.</summary>
    public int PanelColumns => Formula is { Columns: > 0 } fixedWidth ? fixedWidth.Columns : VectorBytes / Formula.VectorDivisor;

    public long Panels => (OutFeatures + (PanelColumns - 1L)) / PanelColumns;

    public long PaddedColumns => Panels * PanelColumns;

    /// <summary>Scales, and zeros where there are any, of a row as they come in.</summary>
    public int ScalesPerRow => Format.Traits.ScalesPerRow(InFeatures, Format.GroupSize);

    /// <summary>
    /// Values of k that stand together in a panel with what belongs to their group; a channel is one group, rounded up
    /// to whole pieces. For formats with codes.
    /// </summary>
    public int GroupValues => Format.Kind == WeightKind.Q4_0 ? FormatTraits.Q4BlockValues
        : Format.Traits.IsGrouped ? Format.GroupSize
        : (int)PaddedK;

    public int Groups => (int)(PaddedK / GroupValues);

    /// <summary>Bytes of one scale in a group of a panel.</summary>
    public int StoredScaleBytes => Format.Kind == WeightKind.Q4_0 ? sizeof(ushort) : Format.Traits.ScaleBytes;

    /// <summary>Bytes of the codes of a group of a panel.</summary>
    public long GroupCodeBytes => PanelColumns * (long)GroupValues * Format.Traits.Bits / 8;

    /// <summary>Bytes of a group of a panel: codes, and scales and zeros where they stand there.</summary>
    public long GroupBytes => GroupCodeBytes + (PanelColumns
        * ((Formula.GroupScale != Stored.Absent ? StoredScaleBytes : 0) + (Format.Traits.HasZeros ? (long)sizeof(float) : 0)));

    public long PanelBytes => Format.Traits.IsFloat
        ? FloatBiasBytes + (PanelColumns * PaddedRun * Format.Traits.ElementBytes)
        : (GroupBytes * Groups) + (PanelColumns * (long)sizeof(float)
            * (Is(Formula.Sum != StoredSum.None)
                + Is(Formula.ChannelScale != Stored.Absent)
                + Is(Formula.Bias != Stored.Absent)));

    public bool HasTailScale => Formula.ChannelScale == Stored.Neutral;

    public bool HasTailBias => Formula.Bias != Stored.Plain;

    /// <summary>Bytes of the biases at the start of a panel of floats.</summary>
    public long FloatBiasBytes => PanelColumns * (long)(HasTailBias ? sizeof(ushort) : sizeof(float));

    /// <summary>Bytes of the arrays after the panels.</summary>
    public long TailBytes => PaddedColumns * sizeof(float) * (Is(HasTailScale) + Is(HasTailBias));

    /// <summary>Bytes of panels and tail.</summary>
    public long PayloadBytes => checked((Panels * PanelBytes) + TailBytes);

    /// <summary>Whether <see cref="BlobBytes"/> fits 64 bits.</summary>
    public bool HasSize => ((Int128)Panels * PanelBytes) + TailBytes <= long.MaxValue - HeaderSize - Alignment;

    /// <summary>Bytes of the blob, header included.</summary>
    public long BlobBytes => checked(HeaderSize + PayloadBytes + Alignment - 1) / Alignment * Alignment;

    /// <summary>Bytes of a row of weights as they come in.</summary>
    public long RowBytes => Format.Traits.RowBytes(InFeatures);

    private long PaddedRun => (InFeatures + (Formula.Run - 1L)) / Formula.Run * Formula.Run;

    private long PaddedK => (InFeatures + (CodeOrder.Piece - 1L)) / CodeOrder.Piece * CodeOrder.Piece;

    /// <summary>Where the bias of a column stands, in bytes from the first panel on.</summary>
    public long BiasOffset(long column)
    {
        if (HasTailBias)
        {
            return PayloadBytes - ((PaddedColumns - column) * sizeof(float));
        }

        int width = PanelColumns;
        long place = (column / width * PanelBytes) + (column % width * sizeof(float));
        return Format.Traits.IsFloat ? place : place + PanelBytes - (width * (long)sizeof(float));
    }

    private static int Is(bool condition) => condition ? 1 : 0;
}
