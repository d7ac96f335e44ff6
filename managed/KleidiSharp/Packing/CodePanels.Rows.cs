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

    /// <summary>Quantises a row into a column of an int4 group layout.</summary>
    /// <param name="values">The row.</param>
    /// <param name="mapping">How scales follow from values.</param>
    /// <param name="bias">The bias of the row.</param>
    /// <param name="panels">The first panel of the blob.</param>
    /// <param name="index">The panel that the column is in.</param>
    /// <param name="column">The column of that panel.</param>
    /// <returns>False where a value is not finite; the column is of no use then.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public bool PackFloats(float* values, Int4Mapping mapping, float bias, byte* panels, long index, int column)
    {
        byte* panel = panels + (index * panelBytes);
        int run = layout.Order.Run;
        long step = width * run;
        Vector128<byte> flip = Vector128.Create((byte)(layout.Flip * 0x11));
        float rowSum = 0;
        for (int group = 0; group < groups; group++, values += groupValues)
        {
            int scale = Int4Groups.ScaleOf(values, groupValues, mapping);
            if (scale < 0)
            {
                return false;
            }

            *(ushort*)(panel + groupScaleAt + (group * groupScaleStep) + (column * scaleBytes)) = (ushort)scale;
            float size = BFloat16.ToSingle((ushort)scale);
            float steps = Int4Groups.StepsOf((ushort)scale);
            byte* packed = panel + codesAt + (group * codesStep) + (column * run);
            for (int k = 0; k < groupValues; k += CodeOrder.Piece, packed += width * (CodeOrder.Piece / 2))
            {
                Spread(Int4Groups.Codes(values + k, steps, out int sum) ^ flip, packed, run, step);
                rowSum += sum * size;
            }
        }

        FinishRow(rowSum, bias, panels, index, column);
        return true;
    }

    /// <summary>Copies a row of blocks, whose scales are finite, into a column of a Q4_0 layout.</summary>
    /// <param name="blocks">The row.</param>
    /// <param name="bias">The bias of the row.</param>
    /// <param name="panels">The first panel of the blob.</param>
    /// <param name="index">The panel that the column is in.</param>
    /// <param name="column">The column of that panel.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void PackBlocks(byte* blocks, float bias, byte* panels, long index, int column)
    {
        byte* panel = panels + (index * panelBytes);
        int run = layout.Order.Run;
        long step = width * run;
        Vector128<byte> flip = Vector128.Create((byte)(layout.Flip * 0x11));
        for (int group = 0; group < groups; group++, blocks += FormatTraits.Q4BlockBytes)
        {
            *(ushort*)(panel + groupScaleAt + (group * groupScaleStep) + (column * scaleBytes)) =
                Unsafe.ReadUnaligned<ushort>(blocks);
            byte* packed = panel + codesAt + (group * codesStep) + (column * run);
            Spread(Vector128.Load(blocks + sizeof(ushort)) ^ flip, packed, run, step);
        }

        FinishRow(rowSum: 0, bias, panels, index, column);
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

    private void FinishRow(float rowSum, float bias, byte* panels, long index, int column)
    {
        var from = new WeightMemory { Rows = null, Bias = &bias };
        FinishColumn(from, 0, panels + (index * panelBytes), column, TailOf(panels, index, column), sum: 0, rowSum);
    }

    private float* TailOf(byte* panels, long index, int column) =>
        (float*)(panels + (shape.Panels * panelBytes)) + (index * width) + column;
}
