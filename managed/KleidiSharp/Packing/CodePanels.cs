// SPDX-License-Identifier: Apache-2.0
using System.Runtime.CompilerServices;

namespace KleidiSharp;

/// <summary>
/// Panels of codes: for each group the codes with what belongs to the group, then what belongs to the columns; after all
/// panels, in some layouts, scales and biases of all columns.
/// </summary>
internal readonly unsafe partial struct CodePanels
{
    private const float Sixteenth = 1f / 16;

    private readonly PackedShape shape;
    private readonly PackedLayout layout;
    private readonly FormatTraits format;
    private readonly int width;
    private readonly int groupValues;
    private readonly int groups;
    private readonly int scaleBytes;
    private readonly long groupBytes;
    private readonly long panelBytes;

    // Where codes, scales and zeros of the first group stand, and how far those of the next are; then the parts of a panel.
    private readonly long codesAt;
    private readonly long codesStep;
    private readonly long groupScaleAt;
    private readonly long groupScaleStep;
    private readonly long zeroAt;
    private readonly long sumAt;
    private readonly long channelScaleAt;
    private readonly long biasAt;

    public CodePanels(in PackedShape shape)
    {
        this.shape = shape;
        layout = shape.Formula;
        format = shape.Format.Traits;
        width = shape.PanelColumns;
        groupValues = shape.GroupValues;
        groups = shape.Groups;
        scaleBytes = shape.StoredScaleBytes;
        groupBytes = shape.GroupBytes;
        panelBytes = shape.PanelBytes;
        bool scalesLast = layout.ScalePlace == ScalePlace.Last;
        codesAt = layout.ScalePlace == ScalePlace.First ? width * scaleBytes : 0;
        codesStep = scalesLast ? shape.GroupCodeBytes : groupBytes;
        zeroAt = codesAt + shape.GroupCodeBytes;
        groupScaleAt = layout.ScalePlace switch
        {
            ScalePlace.First => 0,
            ScalePlace.AfterCodes => zeroAt + (format.HasZeros ? width * sizeof(float) : 0),
            _ => groups * shape.GroupCodeBytes,
        };
        groupScaleStep = scalesLast ? width * scaleBytes : groupBytes;
        sumAt = groups * groupBytes;
        channelScaleAt = sumAt + (layout.Sum != StoredSum.None ? width * sizeof(float) : 0);
        biasAt = channelScaleAt + (layout.ChannelScale != Stored.Absent ? width * sizeof(float) : 0);
    }

    public void Pack(in WeightMemory from, long index, byte* panels)
    {
        byte* panel = panels + (index * panelBytes);
        float* tail = (float*)(panels + (shape.Panels * panelBytes));
        for (int column = 0; column < width; column++)
        {
            long row = (index * width) + column;
            float* columnTail = tail + row;
            if (row >= shape.OutFeatures)
            {
                row = layout.Padding == Padding.RepeatLastColumn ? shape.OutFeatures - 1 : -1;
            }

            PackColumn(from, row, panel, column, columnTail);
        }
    }

    public void Unpack(byte* panels, long index, in WeightMemory to)
    {
        byte* panel = panels + (index * panelBytes);
        byte* tail = panels + (shape.Panels * panelBytes);
        byte* codes = stackalloc byte[CodeOrder.Piece];
        for (int column = 0; column < width && (index * width) + column < shape.OutFeatures; column++)
        {
            long row = (index * width) + column;
            for (int group = 0; group < groups; group++)
            {
                byte* scalePlace = panel + groupScaleAt + (group * groupScaleStep) + (column * scaleBytes);
                if (layout.GroupScale != Stored.Absent)
                {
                    Copy(layout.GroupScale, scalePlace, ScaleOf(to, row, group), scaleBytes, 16);
                }

                if (format.HasZeros)
                {
                    to.Zeros[(row * groups) + group] = ((float*)(panel + zeroAt + (group * groupBytes)))[column];
                }

                byte* packed = panel + codesAt + (group * codesStep) + (column * layout.Order.Run);
                for (int k = group * groupValues; k < (group + 1) * groupValues && k < shape.InFeatures; k += CodeOrder.Piece)
                {
                    layout.Order.Unpack(packed, codes, width, layout.Flip);
                    CodeRow.Write(format, codes, k, shape.InFeatures, to.Rows + (row * shape.RowBytes));
                    packed += width * CodeOrder.Piece * format.Bits / 8;
                }
            }

            if (layout.ChannelScale != Stored.Absent)
            {
                byte* scale = shape.HasTailScale
                    ? tail + (row * sizeof(float))
                    : panel + channelScaleAt + (column * sizeof(float));
                Copy(layout.ChannelScale, scale, ScaleOf(to, row, 0), sizeof(float), 16);
            }

            if (to.Bias != null)
            {
                to.Bias[row] = *(float*)(panels + shape.BiasOffset(row));
            }
        }
    }

    // A row below 0 stands for weights of value 0.
    private void PackColumn(in WeightMemory from, long row, byte* panel, int column, float* tail)
    {
        byte* codes = stackalloc byte[CodeOrder.Piece];
        float rowSum = 0;
        int sum = 0;
        for (int group = 0; group < groups; group++)
        {
            byte* scalePlace = panel + groupScaleAt + (group * groupScaleStep) + (column * scaleBytes);
            uint scale = 0;
            if (row >= 0)
            {
                Unsafe.CopyBlockUnaligned(&scale, ScaleOf(from, row, group), (uint)scaleBytes);
            }

            if (layout.GroupScale != Stored.Absent)
            {
                Copy(layout.GroupScale, (byte*)&scale, scalePlace, scaleBytes, Sixteenth);
            }

            if (format.HasZeros)
            {
                ((float*)(panel + zeroAt + (group * groupBytes)))[column] = row < 0 ? 0 : from.Zeros[(row * groups) + group];
            }

            byte* packed = panel + codesAt + (group * codesStep) + (column * layout.Order.Run);
            for (int k = group * groupValues; k < (group + 1) * groupValues; k += CodeOrder.Piece)
            {
                if (row < 0)
                {
                    new Span<byte>(codes, CodeOrder.Piece).Fill((byte)format.ZeroCode);
                }
                else
                {
                    CodeRow.Read(format, from.Rows + (row * shape.RowBytes), k, shape.InFeatures, codes);
                }

                layout.Order.Pack(codes, packed, width, layout.Flip);
                packed += width * CodeOrder.Piece * format.Bits / 8;
                int pieceSum = SumOf(codes);
                sum += pieceSum;
                rowSum += layout.Sum == StoredSum.RowSum ? pieceSum * BFloat16.ToSingle((ushort)scale) : 0;
            }
        }

        FinishColumn(from, row, panel, column, tail, sum, rowSum);
    }

    private void FinishColumn(in WeightMemory from, long row, byte* panel, int column, float* tail, int sum, float rowSum)
    {
        if (layout.Sum == StoredSum.RowSum)
        {
            // Infinite parts of opposite sign: which NaN comes out depends on the processor, the blob does not.
            ((float*)(panel + sumAt))[column] = ReferenceKernels.OneNaN(rowSum);
        }
        else if (layout.Sum != StoredSum.None)
        {
            ((int*)(panel + sumAt))[column] = layout.Sum == StoredSum.Int32Times16 ? 16 * sum : sum;
        }

        float scale = layout.ChannelScale != Stored.Absent && row >= 0 ? *(float*)ScaleOf(from, row, 0) : 0;
        if (layout.ChannelScale != Stored.Absent)
        {
            ((float*)(panel + channelScaleAt))[column] = layout.ChannelScale switch
            {
                Stored.Neutral => 1,
                Stored.Sixteenth => scale * Sixteenth,
                _ => scale,
            };
        }

        float bias = row >= 0 && from.Bias != null ? from.Bias[row] : 0;
        if (layout.Bias != Stored.Absent)
        {
            ((float*)(panel + biasAt))[column] = layout.Bias == Stored.Neutral ? -0f : bias;
        }

        if (shape.HasTailScale)
        {
            *tail = scale;
            tail += shape.PaddedColumns;
        }

        if (shape.HasTailBias)
        {
            *tail = bias;
        }
    }

    // Q4_0's scales are in the blocks.
    private byte* ScaleOf(in WeightMemory memory, long row, int group) => format.Kind == WeightKind.Q4_0
        ? CodeRow.BlockOf(memory.Rows + (row * shape.RowBytes), group * FormatTraits.Q4BlockValues)
        : memory.Scales + (((row * shape.ScalesPerRow) + group) * format.ScaleBytes);

    // Exact both ways: scales are 0 or large enough.
    private static void Copy(Stored stored, byte* from, byte* to, int bytes, float factor)
    {
        if (stored == Stored.Sixteenth)
        {
            *(float*)to = *(float*)from * factor;
        }
        else
        {
            Unsafe.CopyBlockUnaligned(to, from, (uint)bytes);
        }
    }

    private int SumOf(byte* codes)
    {
        int sum = 0;
        for (int i = 0; i < CodeOrder.Piece; i++)
        {
            sum += CodeRow.Value(format, codes[i]);
        }

        return sum;
    }
}
