// SPDX-License-Identifier: Apache-2.0
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace KleidiSharp;

/// <content>
/// Rows of int4 groups and of Q4_0 that go in one by one, 32 codes at a time; floats are quantised on the way. For the
/// layouts whose bytes hold codes that are 16 apart, as those of Q4_0 do.
/// </content>
internal readonly unsafe partial struct CodePanels
{
    /// <summary>Whether rows of the layout can go in one by one.</summary>
    public static bool TakesRows(PackedLayout layout) => layout.Kind is WeightKind.Int4Group or WeightKind.Q4_0
        && layout.Order is { Distance: 16, Run: sizeof(uint) or sizeof(ulong) };

    /// <summary>
    /// Quantises rows into columns of an int4 group layout, some groups at a time, so that what is written stays in the
    /// cache.
    /// </summary>
    /// <param name="values">The rows.</param>
    /// <param name="rows">How many.</param>
    /// <param name="mapping">How scales follow from values.</param>
    /// <param name="bias">The bias of each row; null for none.</param>
    /// <param name="panels">The first panel of the blob.</param>
    /// <param name="index">The panel that the columns are in.</param>
    /// <param name="column">The first of them.</param>
    /// <returns>False where a value is not finite; the columns are of no use then.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public bool PackFloats(float* values, int rows, Int4Mapping mapping, float* bias, byte* panels, long index, int column)
    {
        byte* panel = panels + (index * panelBytes);
        int run = layout.Order.Run;
        long step = width * run;
        Vector128<byte> flip = Vector128.Create((byte)(layout.Flip * 0x11));
        float* rowSums = stackalloc float[rows];
        new Span<float>(rowSums, rows).Clear();
        ushort* some = stackalloc ushort[Int4Scales.AtOnce];
        float* steps = stackalloc float[Int4Scales.AtOnce];
        for (int begin = 0; begin < groups; begin += Int4Scales.AtOnce)
        {
            int count = Math.Min(Int4Scales.AtOnce, groups - begin);
            float* first = values + ((long)begin * groupValues);
            for (int row = 0; row < rows; row++, first += shape.InFeatures)
            {
                if (!Int4Scales.Of(first, count, groupValues, mapping, some, steps))
                {
                    return false;
                }

                byte* scale = panel + groupScaleAt + (begin * groupScaleStep) + ((column + row) * sizeof(ushort));
                byte* codes = panel + codesAt + (begin * codesStep) + ((column + row) * run);
                float* weights = first;
                float rowSum = rowSums[row];
                for (int group = 0; group < count; group++, scale += groupScaleStep, codes += codesStep)
                {
                    *(ushort*)scale = some[group];
                    float size = BFloat16.ToSingle(some[group]);
                    byte* packed = codes;
                    for (int k = 0; k < groupValues; k += CodeOrder.Piece, packed += width * (CodeOrder.Piece / 2))
                    {
                        Spread(Int4Groups.Codes(weights, steps[group], out int sum) ^ flip, packed, run, step);
                        rowSum += sum * size;
                        weights += CodeOrder.Piece;
                    }
                }

                rowSums[row] = rowSum;
            }
        }

        FinishRows(rowSums, rows, bias, panels, index, column);
        return true;
    }

    /// <summary>Copies rows of blocks, whose scales are finite, into columns of a Q4_0 layout.</summary>
    /// <param name="blocks">The rows.</param>
    /// <param name="rows">How many.</param>
    /// <param name="bias">The bias of each row; null for none.</param>
    /// <param name="panels">The first panel of the blob.</param>
    /// <param name="index">The panel that the columns are in.</param>
    /// <param name="column">The first of them.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void PackBlocks(byte* blocks, int rows, float* bias, byte* panels, long index, int column)
    {
        byte* panel = panels + (index * panelBytes);
        int run = layout.Order.Run;
        long step = width * run;
        Vector128<byte> flip = Vector128.Create((byte)(layout.Flip * 0x11));
        for (int group = 0; group < groups; group++)
        {
            ushort* scales = (ushort*)(panel + groupScaleAt + (group * groupScaleStep)) + column;
            byte* codes = panel + codesAt + (group * codesStep) + (column * run);
            byte* first = blocks + ((long)group * FormatTraits.Q4BlockBytes);
            for (int row = 0; row < rows; row++, first += (long)groups * FormatTraits.Q4BlockBytes, codes += run)
            {
                scales[row] = Unsafe.ReadUnaligned<ushort>(first);
                Spread(Vector128.Load(first + sizeof(ushort)) ^ flip, codes, run, step);
            }
        }

        FinishRows(rowSums: null, rows, bias, panels, index, column);
    }

    /// <summary>Fills a column that has no row with weights of value 0.</summary>
    /// <param name="panels">The first panel of the blob.</param>
    /// <param name="index">The panel that the column is in.</param>
    /// <param name="column">The column of that panel.</param>
    public void PackZeros(byte* panels, long index, int column) =>
        PackColumn(default, -1, panels + (index * panelBytes), column, TailOf(panels, index, column));

    // 16 bytes in runs of 4 or 8, from one to the next those of the other columns.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Spread(Vector128<byte> codes, byte* packed, int run, long step)
    {
        if (run == sizeof(uint))
        {
            Vector128<uint> runs = codes.AsUInt32();
            *(uint*)packed = runs.GetElement(0);
            *(uint*)(packed + step) = runs.GetElement(1);
            *(uint*)(packed + (2 * step)) = runs.GetElement(2);
            *(uint*)(packed + (3 * step)) = runs.GetElement(3);
        }
        else
        {
            Vector128<ulong> runs = codes.AsUInt64();
            *(ulong*)packed = runs.GetElement(0);
            *(ulong*)(packed + step) = runs.GetElement(1);
        }
    }

    private void FinishRows(float* rowSums, int rows, float* bias, byte* panels, long index, int column)
    {
        var from = new WeightMemory { Rows = null, Bias = bias };
        for (int row = 0; row < rows; row++, column++)
        {
            FinishColumn(
                from,
                row,
                panels + (index * panelBytes),
                column,
                TailOf(panels, index, column),
                sum: 0,
                rowSums == null ? 0 : rowSums[row]);
        }
    }

    private float* TailOf(byte* panels, long index, int column) =>
        (float*)(panels + (shape.Panels * panelBytes)) + (index * width) + column;
}
