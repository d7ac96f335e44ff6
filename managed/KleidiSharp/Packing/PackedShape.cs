// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp;

/// <summary>What identifies packed weights, and the sizes that follow from it in closed form.</summary>
internal readonly record struct PackedShape(WeightFormat Format, WeightLayout Layout, int OutFeatures, int InFeatures)
{
    public const int Alignment = 64;
    public const int HeaderSize = 128;

    /// <summary>Columns (output features) of a panel.</summary>
    public int PanelColumns => ColumnsOf(Layout);

    public long Panels => (OutFeatures + (PanelColumns - 1L)) / PanelColumns;

    /// <summary>Groups along k; 0 for f32.</summary>
    public int Groups => Format.Kind == WeightKind.Float32 ? 0 : InFeatures / Format.GroupSize;

    /// <summary>Bytes of a group of a panel: the codes and the scales.</summary>
    public long GroupBytes => PanelColumns * ((Format.GroupSize / 2) + 2L);

    public long PanelBytes => Format.Kind == WeightKind.Float32
        ? PanelColumns * (InFeatures + 1L) * sizeof(float)
        : (GroupBytes * Groups) + (PanelColumns * 2L * sizeof(float));

    /// <summary><see cref="PanelBytes"/> for spans.</summary>
    public int PanelLength => PanelBytes <= int.MaxValue
        ? (int)PanelBytes
        : throw new NotSupportedException(
            $"A panel of {Format} weights [{OutFeatures}, {InFeatures}] takes {PanelBytes} bytes; "
            + $"C# handles at most {int.MaxValue}.");

    /// <summary>Where in a panel the bias of its columns stands.</summary>
    public long BiasOffset => Format.Kind == WeightKind.Float32 ? 0 : PanelBytes - (PanelColumns * (long)sizeof(float));

    /// <summary>Whether <see cref="BlobBytes"/> fits 64 bits.</summary>
    public bool HasSize => (Int128)Panels * PanelBytes <= long.MaxValue - HeaderSize - Alignment;

    /// <summary>Bytes of the blob, header included.</summary>
    public long BlobBytes => checked(HeaderSize + (Panels * PanelBytes) + Alignment - 1) / Alignment * Alignment;

    /// <summary>Bytes of all weights as they come in: f32 values, or codes of half a byte.</summary>
    public long WeightBytes => (long)OutFeatures * RowBytes;

    /// <summary>Bytes of a row of weights as they come in.</summary>
    public long RowBytes => Format.Kind == WeightKind.Float32 ? InFeatures * (long)sizeof(float) : InFeatures / 2;

    public static int ColumnsOf(WeightLayout layout) => layout switch
    {
        WeightLayout.Float32N16 => 16,
        WeightLayout.Int4N32K4 => 32,
        _ => 8,
    };
}
