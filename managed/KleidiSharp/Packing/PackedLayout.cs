// SPDX-License-Identifier: Apache-2.0
using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace KleidiSharp;

/// <summary>
/// The closed formulas of the packed layouts, panel by panel; kleidisharp.h states them. A panel holds
/// <see cref="PackedShape.PanelColumns"/> output features; it begins with column panel * that number.
/// </summary>
internal static class PackedLayout
{
    // An int4 layout cuts each 32 values of k in 16 / SegmentBytes segments; a byte holds a value of the first half of the 32
    // in its low nibble and one of the second half in its high nibble.
    private readonly record struct Int4Formula(int SegmentBytes, byte Mask, bool RepeatsLastColumn)
    {
        public int OffsetInGroup(int columns, int column, int block, int halfIndex) =>
            (((block * 16) + (halfIndex / SegmentBytes * SegmentBytes)) * columns)
            + (column * SegmentBytes) + (halfIndex % SegmentBytes);
    }

    private static Int4Formula FormulaOf(WeightLayout layout) => layout switch
    {
        WeightLayout.Int4N32K4 => new Int4Formula(4, 0, false),
        WeightLayout.Int4N8K8 => new Int4Formula(4, 0x88, true),
        _ => new Int4Formula(8, 0x88, true),
    };

    /// <param name="shape">What is packed.</param>
    /// <param name="index">The panel.</param>
    /// <param name="source">The whole matrix.</param>
    /// <param name="panel">Receives the panel.</param>
    public static void Pack(in PackedShape shape, int index, in PackSource source, Span<byte> panel)
    {
        if (shape.Format.Kind == WeightKind.Float32)
        {
            PackFloat32(shape, index, source.Values, source.Bias, panel);
        }
        else
        {
            PackInt4(shape, index, source, panel);
        }
    }

    private static void PackFloat32(
        in PackedShape shape, int index, ReadOnlySpan<float> weights, ReadOnlySpan<float> bias, Span<byte> panel)
    {
        int columns = shape.PanelColumns;
        int k = shape.InFeatures;
        int first = index * columns;
        int filled = Math.Min(columns, shape.OutFeatures - first);
        Span<float> values = MemoryMarshal.Cast<byte, float>(panel);
        values.Clear();
        for (int column = 0; column < filled; column++)
        {
            values[column] = bias.IsEmpty ? 0 : bias[first + column];
            ReadOnlySpan<float> row = weights.Slice((first + column) * k, k);
            for (int i = 0; i < k; i++)
            {
                values[((i + 1) * columns) + column] = row[i];
            }
        }
    }

    /// <param name="shape">What was packed.</param>
    /// <param name="index">The panel.</param>
    /// <param name="panel">The panel.</param>
    /// <param name="weights">Receives its rows of [n][k].</param>
    /// <param name="bias">Receives its values of [n].</param>
    public static void UnpackFloat32(
        in PackedShape shape, int index, ReadOnlySpan<byte> panel, Span<float> weights, Span<float> bias)
    {
        int columns = shape.PanelColumns;
        int k = shape.InFeatures;
        int first = index * columns;
        int filled = Math.Min(columns, shape.OutFeatures - first);
        ReadOnlySpan<float> values = MemoryMarshal.Cast<byte, float>(panel);
        for (int column = 0; column < filled; column++)
        {
            bias[first + column] = values[column];
            Span<float> row = weights.Slice((first + column) * k, k);
            for (int i = 0; i < k; i++)
            {
                row[i] = values[((i + 1) * columns) + column];
            }
        }
    }

    private static void PackInt4(in PackedShape shape, int index, in PackSource source, Span<byte> panel)
    {
        Int4Formula formula = FormulaOf(shape.Layout);
        int columns = shape.PanelColumns;
        int groups = shape.Groups;
        int blocks = shape.Format.GroupSize / 32;
        int groupBytes = (int)shape.GroupBytes;
        int rowBytes = shape.InFeatures / 2;
        Span<byte> sums = panel[(groups * groupBytes)..];
        for (int column = 0; column < columns; column++)
        {
            int row = (index * columns) + column;
            bool padding = row >= shape.OutFeatures;
            if (padding && formula.RepeatsLastColumn)
            {
                row = shape.OutFeatures - 1;
                padding = false;
            }

            ReadOnlySpan<byte> rowCodes = padding ? default : source.Codes.Slice(row * rowBytes, rowBytes);
            float rowSum = 0;
            for (int group = 0; group < groups; group++)
            {
                Span<byte> packed = panel.Slice(group * groupBytes, groupBytes);
                ushort scale = padding ? (ushort)0 : source.Scales[(row * groups) + group];
                BinaryPrimitives.WriteUInt16LittleEndian(packed[(columns * blocks * 16 + (column * 2))..], scale);
                for (int block = 0; block < blocks; block++)
                {
                    int start = ((group * blocks) + block) * 32;
                    int sum = 0;
                    for (int i = 0; i < 16; i++)
                    {
                        int low = padding ? 8 : Code(rowCodes, start + i);
                        int high = padding ? 8 : Code(rowCodes, start + 16 + i);
                        sum += low + high - 16;
                        packed[formula.OffsetInGroup(columns, column, block, i)] = (byte)((low | (high << 4)) ^ formula.Mask);
                    }

                    rowSum += sum * BFloat16.ToSingle(scale);
                }
            }

            BinaryPrimitives.WriteSingleLittleEndian(sums[(column * sizeof(float))..], ReferenceKernels.OneNaN(rowSum));
            BinaryPrimitives.WriteSingleLittleEndian(
                sums[((columns + column) * sizeof(float))..], padding || source.Bias.IsEmpty ? 0 : source.Bias[row]);
        }
    }

    /// <param name="shape">What was packed.</param>
    /// <param name="index">The panel.</param>
    /// <param name="panel">The panel.</param>
    /// <param name="codes">Receives its rows of [n][k/2].</param>
    /// <param name="scales">Receives its rows of [n][k/group].</param>
    /// <param name="bias">Receives its values of [n].</param>
    public static void UnpackInt4(
        in PackedShape shape, int index, ReadOnlySpan<byte> panel, Span<byte> codes, Span<ushort> scales, Span<float> bias)
    {
        Int4Formula formula = FormulaOf(shape.Layout);
        int columns = shape.PanelColumns;
        int groups = shape.Groups;
        int blocks = shape.Format.GroupSize / 32;
        int groupBytes = (int)shape.GroupBytes;
        int rowBytes = shape.InFeatures / 2;
        int first = index * columns;
        int filled = Math.Min(columns, shape.OutFeatures - first);
        for (int column = 0; column < filled; column++)
        {
            Span<byte> rowCodes = codes.Slice((first + column) * rowBytes, rowBytes);
            rowCodes.Clear();
            for (int group = 0; group < groups; group++)
            {
                ReadOnlySpan<byte> packed = panel.Slice(group * groupBytes, groupBytes);
                scales[((first + column) * groups) + group] =
                    BinaryPrimitives.ReadUInt16LittleEndian(packed[(columns * blocks * 16 + (column * 2))..]);
                for (int block = 0; block < blocks; block++)
                {
                    int start = ((group * blocks) + block) * 32;
                    for (int i = 0; i < 16; i++)
                    {
                        int pair = packed[formula.OffsetInGroup(columns, column, block, i)] ^ formula.Mask;
                        int shift = (i & 1) * 4;
                        rowCodes[(start + i) / 2] |= (byte)((pair & 0xF) << shift);
                        rowCodes[(start + 16 + i) / 2] |= (byte)((pair >> 4) << shift);
                    }
                }
            }

            bias[first + column] = BinaryPrimitives.ReadSingleLittleEndian(
                panel[((groups * groupBytes) + ((columns + column) * sizeof(float)))..]);
        }
    }

    /// <summary>The code 0..15 at a place of a row of packed nibbles.</summary>
    public static int Code(ReadOnlySpan<byte> row, int k) => (row[k / 2] >> ((k & 1) * 4)) & 0xF;
}
