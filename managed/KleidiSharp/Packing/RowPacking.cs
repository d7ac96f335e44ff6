// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp;

/// <summary>
/// Packs a matrix whose rows are read when it is their turn, on all threads, straight into the blob: what is in work of
/// it fits the cache of a core. For layouts of which <see cref="CodePanels.TakesRows"/> says so.
/// </summary>
internal static unsafe class RowPacking
{
    private const int BytesAtOnce = 1 << 15;
    private const int LeastRowsAtOnce = 4;

    /// <summary>Packs rows into columns of one panel.</summary>
    /// <param name="to">The panels.</param>
    /// <param name="values">The rows as they were read.</param>
    /// <param name="row">The number of the first.</param>
    /// <param name="rows">How many.</param>
    /// <param name="panels">The first panel of the blob.</param>
    /// <param name="index">The panel that the columns are in.</param>
    /// <param name="column">The first of them.</param>
    private delegate void RowPacker<T>(in CodePanels to, T* values, int row, int rows, byte* panels, long index, int column)
        where T : unmanaged;

    /// <summary>Quantises and packs f32 rows as int4 groups, and seals the blob.</summary>
    /// <exception cref="ArgumentException">A weight is not finite.</exception>
    public static BlobMemory Quantize(
        int threads, in PackedShape shape, WeightRowReader<float> read, Int4Mapping mapping, float* bias)
    {
        int inFeatures = shape.InFeatures;
        return Pack(threads, shape, inFeatures, read, PackSome);

        void PackSome(in CodePanels to, float* values, int row, int rows, byte* panels, long index, int column)
        {
            if (!to.PackFloats(values, rows, mapping, bias == null ? null : bias + row, panels, index, column))
            {
                Ensure.FiniteWeights(new ReadOnlySpan<float>(values, rows * inFeatures), row, inFeatures);
            }
        }
    }

    /// <summary>Packs rows of Q4_0 blocks, and seals the blob.</summary>
    /// <exception cref="ArgumentException">A scale is not finite.</exception>
    public static BlobMemory PackQ4(int threads, in PackedShape shape, WeightRowReader<byte> read, float* bias)
    {
        int rowBytes = checked((int)shape.RowBytes);
        return Pack(threads, shape, rowBytes, read, PackSome);

        void PackSome(in CodePanels to, byte* blocks, int row, int rows, byte* panels, long index, int column)
        {
            for (int i = 0; i < rows; i++)
            {
                Ensure.FiniteQ4Scales(new ReadOnlySpan<byte>(blocks + ((long)i * rowBytes), rowBytes), row + i, "blocks");
            }

            to.PackBlocks(blocks, rows, bias == null ? null : bias + row, panels, index, column);
        }
    }

    private static BlobMemory Pack<T>(
        int threads, in PackedShape shape, int rowLength, WeightRowReader<T> read, RowPacker<T> pack)
        where T : unmanaged
    {
        PackedShape what = shape;
        BlobMemory memory = BlobMemory.AllocateUncleared(shape.BlobBytes);
        try
        {
            byte* panels = memory.Address + PackedShape.HeaderSize;
            RowChunks.ForEach(threads, (int)shape.Panels, 1, (begin, end) =>
            {
                var to = new CodePanels(what);
                int rowsAtOnce = RowsAtOnce(what, rowLength, rowLength * (long)sizeof(T));
                using BlobMemory buffer = BlobMemory.AllocateUncleared((long)rowsAtOnce * rowLength * sizeof(T));
                for (long index = begin; index < end; index++)
                {
                    PackPanel(what, to, index, panels, read, pack, (T*)buffer.Address, rowLength, rowsAtOnce);
                }
            });
            long used = PackedShape.HeaderSize + shape.PayloadBytes;
            new Span<byte>(memory.Address + used, (int)(shape.BlobBytes - used)).Clear();
            BlobHeader.Seal(shape, memory);
            return memory;
        }
        catch
        {
            memory.Dispose();
            throw;
        }
    }

    // Few enough for the cache, but never so few that each line of a panel is fetched for one row alone.
    private static int RowsAtOnce(in PackedShape shape, int rowLength, long rowBytes) => (int)Math.Min(
        Math.Max(BytesAtOnce / rowBytes, LeastRowsAtOnce),
        Math.Min(Math.Min(shape.PanelColumns, shape.OutFeatures), int.MaxValue / rowLength));

    private static void PackPanel<T>(
        in PackedShape shape,
        in CodePanels to,
        long index,
        byte* panels,
        WeightRowReader<T> read,
        RowPacker<T> pack,
        T* buffer,
        int rowLength,
        int rowsAtOnce)
        where T : unmanaged
    {
        int width = shape.PanelColumns;
        int first = (int)(index * width);
        int rows = Math.Min(width, shape.OutFeatures - first);
        T* last = buffer;
        for (int column = 0; column < rows; column += rowsAtOnce)
        {
            int some = Math.Min(rowsAtOnce, rows - column);
            read(first + column, new Span<T>(buffer, some * rowLength));
            pack(to, buffer, first + column, some, panels, index, column);
            last = buffer + ((some - 1L) * rowLength);
        }

        for (int column = rows; column < width; column++)
        {
            if (shape.Formula.Padding == Padding.RepeatLastColumn)
            {
                pack(to, last, first + rows - 1, 1, panels, index, column);
            }
            else
            {
                to.PackZeros(panels, index, column);
            }
        }
    }
}
