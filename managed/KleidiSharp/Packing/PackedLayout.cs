// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp;

/// <summary>What columns beyond the last one hold.</summary>
internal enum Padding
{
    Zero,
    RepeatLastColumn,
}

/// <summary>
/// How a number stands in a panel; Neutral: 1 for a scale and -0 for a bias (of the type of the weights, where those are
/// floats), the numbers themselves stand in the tail.
/// </summary>
internal enum Stored
{
    Absent,
    Plain,
    Sixteenth,
    Neutral,
}

/// <summary>Where the scales of groups stand: before or after the codes of their group, or after all codes.</summary>
internal enum ScalePlace
{
    First,
    AfterCodes,
    Last,
}

/// <summary>Which sum of the codes of a column a panel holds.</summary>
internal enum StoredSum
{
    None,
    RowSum,
    Int32,
    Int32Times16,
}

/// <summary>
/// The packed layouts as closed formulas: one table of parameters describes them all, <see cref="FloatPanels"/> and
/// <see cref="CodePanels"/> do what it says. The header kleidisharp.h states each.
/// </summary>
/// <param name="Layout">The layout.</param>
/// <param name="Kind">The weights it is for.</param>
/// <param name="Columns">Columns of a panel; 0: vector bytes / <paramref name="VectorDivisor"/>.</param>
/// <param name="VectorDivisor">See <paramref name="Columns"/>.</param>
/// <param name="Padding">What columns beyond the last one hold.</param>
/// <param name="Order">How codes are spread.</param>
/// <param name="Flip">What codes are XORed with.</param>
/// <param name="ScalePlace">Where the scales of groups stand.</param>
/// <param name="GroupScale">The scale in each group.</param>
/// <param name="Sum">The sum after all groups.</param>
/// <param name="ChannelScale">The scale after all groups.</param>
/// <param name="Bias">Plain: in the panel; else in the tail.</param>
/// <param name="Run">Of floats, how many values of k of a column stand together.</param>
internal sealed record PackedLayout(
    WeightLayout Layout,
    WeightKind Kind,
    int Columns,
    int VectorDivisor,
    Padding Padding,
    CodeOrder Order,
    byte Flip,
    ScalePlace ScalePlace,
    Stored GroupScale,
    StoredSum Sum,
    Stored ChannelScale,
    Stored Bias,
    int Run = 1)
{
    private const Padding Zero = Padding.Zero;
    private const Padding Repeat = Padding.RepeatLastColumn;

    private static readonly CodeOrder s_int4Halves4 = new(4, 16, 4);
    private static readonly CodeOrder s_int4Halves8 = new(4, 16, 8);
    private static readonly CodeOrder s_int4Quads = new(4, 4, 4);
    private static readonly CodeOrder s_int4Pairs = new(4, 1, 2);
    private static readonly CodeOrder s_int8Run4 = new(8, 1, 4);
    private static readonly CodeOrder s_int8Run8 = new(8, 1, 8);
    private static readonly CodeOrder s_int2Quads = new(2, 4, 4);
    private static readonly CodeOrder s_int2Fours = new(2, 1, 1);

    private static readonly Dictionary<WeightLayout, PackedLayout> s_all = new PackedLayout[]
    {
        Floats(WeightLayout.Float32N16, WeightKind.Float32, 16, 0),
        Floats(WeightLayout.Float32Sve, WeightKind.Float32, 0, 1),
        Floats(WeightLayout.Float32Sme, WeightKind.Float32, 0, 2),
        Floats(WeightLayout.Float16N16, WeightKind.Float16, 16, 0),
        Floats(WeightLayout.Float16N32, WeightKind.Float16, 32, 0) with { Bias = Stored.Neutral },
        Floats(WeightLayout.BFloat16N16, WeightKind.BFloat16, 16, 0),
        Floats(WeightLayout.BFloat16N12K4, WeightKind.BFloat16, 12, 0) with { Run = 4 },

        Int4Group(WeightLayout.Int4N32K4, 32, Zero, s_int4Halves4, 0, Stored.Plain),
        Int4Group(WeightLayout.Int4N8K8, 8, Repeat, s_int4Halves4, 8, Stored.Plain),
        Int4Group(WeightLayout.Int4N8K16, 8, Repeat, s_int4Halves8, 8, Stored.Plain),
        Int4Group(WeightLayout.Int4Sme2, 0, Repeat, s_int4Pairs, 8, Stored.Neutral),

        Channel(
            WeightLayout.Int4ChannelN32K4, WeightKind.Int4Channel, 32, Zero, s_int4Halves4, 0, StoredSum.Int32, Stored.Plain),
        Channel(
            WeightLayout.Int4ChannelN4K8, WeightKind.Int4Channel,
            4, Repeat, s_int4Halves4, 8, StoredSum.Int32Times16, Stored.Sixteenth),
        Channel(
            WeightLayout.Int4ChannelN8K16, WeightKind.Int4Channel,
            8, Repeat, s_int4Halves8, 8, StoredSum.Int32Times16, Stored.Sixteenth),
        Channel(
            WeightLayout.Int4ChannelSme, WeightKind.Int4Channel,
            0, Repeat, s_int4Halves4, 8, StoredSum.Int32Times16, Stored.Neutral),
        Channel(
            WeightLayout.Int4ChannelSme2, WeightKind.Int4Channel, 0, Zero, s_int4Pairs, 8, StoredSum.Int32, Stored.Neutral),

        Channel(
            WeightLayout.Int8ChannelN32K4, WeightKind.Int8Channel, 32, Zero, s_int8Run4, 0, StoredSum.Int32, Stored.Plain),
        Channel(
            WeightLayout.Int8ChannelN4K4, WeightKind.Int8Channel, 4, Repeat, s_int8Run4, 0, StoredSum.Int32, Stored.Plain),
        Channel(
            WeightLayout.Int8ChannelN4K8, WeightKind.Int8Channel, 4, Repeat, s_int8Run8, 0, StoredSum.Int32, Stored.Plain),
        Channel(
            WeightLayout.Int8ChannelN8K8, WeightKind.Int8Channel, 8, Repeat, s_int8Run8, 0, StoredSum.Int32, Stored.Plain),
        Channel(
            WeightLayout.Int8ChannelSme, WeightKind.Int8Channel, 0, Repeat, s_int8Run4, 0, StoredSum.Int32, Stored.Neutral),

        Channel(
            WeightLayout.Int2ChannelN32K4, WeightKind.Int2Channel, 32, Zero, s_int2Quads, 0, StoredSum.Int32, Stored.Plain),
        Channel(
            WeightLayout.Int2ChannelN4K4, WeightKind.Int2Channel, 4, Zero, s_int2Quads, 0, StoredSum.Int32, Stored.Neutral),
        Channel(
            WeightLayout.Int2ChannelSme2, WeightKind.Int2Channel, 0, Repeat, s_int2Fours, 0, StoredSum.Int32, Stored.Neutral),

        Q4_0(WeightLayout.Q4_0N32K4, 32, Zero, s_int4Halves4, 0, ScalePlace.AfterCodes, Stored.Plain),
        Q4_0(WeightLayout.Q4_0N4K8, 4, Repeat, s_int4Halves4, 8, ScalePlace.First, Stored.Absent),
        Q4_0(WeightLayout.Q4_0N4K16, 4, Repeat, s_int4Halves8, 8, ScalePlace.First, Stored.Absent),
        Q4_0(WeightLayout.Q4_0N8K16, 8, Repeat, s_int4Halves8, 8, ScalePlace.First, Stored.Absent),
        Q4_0(WeightLayout.Q4_0Sme, 0, Repeat, s_int4Quads, 8, ScalePlace.Last, Stored.Absent),
        Q4_0(WeightLayout.Q4_0Sme2, 0, Repeat, s_int4Pairs, 0, ScalePlace.Last, Stored.Absent),

        Int4Asymmetric(WeightLayout.Int4AsymmetricN32K4, 32, Zero, s_int4Halves4, 0),
        Int4Asymmetric(WeightLayout.Int4AsymmetricN4K8, 4, Repeat, s_int4Halves4, 8),
        Int4Asymmetric(WeightLayout.Int4AsymmetricN4K16, 4, Repeat, s_int4Halves8, 8),
        Int4Asymmetric(WeightLayout.Int4AsymmetricSme2, 0, Repeat, s_int4Pairs, 0) with { GroupScale = Stored.Plain },
    }.ToDictionary(layout => layout.Layout);

    /// <summary>Every layout with its parameters.</summary>
    public static IReadOnlyCollection<PackedLayout> All => s_all.Values;

    /// <summary>The parameters of a layout; null where the number is that of none.</summary>
    public static PackedLayout? Find(WeightLayout layout) => s_all.GetValueOrDefault(layout);

    /// <summary>Whether a vector of so many bytes is one that the layout can be made for; 0 where it depends on none.</summary>
    public bool Allows(int vectorBytes) => Columns != 0
        ? vectorBytes == 0
        : vectorBytes is >= 16 and <= 256 && int.IsPow2(vectorBytes);

    private static PackedLayout Floats(WeightLayout layout, WeightKind kind, int columns, int divisor) => new(
        layout,
        kind,
        columns,
        divisor,
        Zero,
        Order: default,
        Flip: 0,
        ScalePlace.AfterCodes,
        GroupScale: Stored.Absent,
        StoredSum.None,
        ChannelScale: Stored.Absent,
        Bias: Stored.Plain);

    private static PackedLayout Int4Group(
        WeightLayout layout, int columns, Padding padding, CodeOrder order, byte flip, Stored bias) => new(
        layout,
        WeightKind.Int4Group,
        columns,
        VectorDivisor: 1,
        padding,
        order,
        flip,
        ScalePlace.AfterCodes,
        GroupScale: Stored.Plain,
        StoredSum.RowSum,
        ChannelScale: Stored.Absent,
        bias);

    private static PackedLayout Channel(
        WeightLayout layout,
        WeightKind kind,
        int columns,
        Padding padding,
        CodeOrder order,
        byte flip,
        StoredSum sum,
        Stored scale) => new(
        layout,
        kind,
        columns,
        VectorDivisor: 1,
        padding,
        order,
        flip,
        ScalePlace.AfterCodes,
        GroupScale: Stored.Absent,
        sum,
        scale,
        Bias: scale == Stored.Neutral ? scale : Stored.Plain);

    private static PackedLayout Q4_0(
        WeightLayout layout, int columns, Padding padding, CodeOrder order, byte flip, ScalePlace place, Stored bias) => new(
        layout,
        WeightKind.Q4_0,
        columns,
        VectorDivisor: 1,
        padding,
        order,
        flip,
        place,
        GroupScale: Stored.Plain,
        StoredSum.None,
        ChannelScale: Stored.Absent,
        bias);

    private static PackedLayout Int4Asymmetric(
        WeightLayout layout, int columns, Padding padding, CodeOrder order, byte flip) => new(
        layout,
        WeightKind.Int4Asymmetric,
        columns,
        VectorDivisor: 1,
        padding,
        order,
        flip,
        ScalePlace.AfterCodes,
        GroupScale: Stored.Sixteenth,
        StoredSum.None,
        ChannelScale: Stored.Absent,
        Bias: Stored.Plain);
}
