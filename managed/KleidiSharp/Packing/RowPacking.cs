// SPDX-License-Identifier: Apache-2.0
using System.Buffers;

namespace KleidiSharp;

/// <summary>
/// Packs a matrix whose rows are read when it is their turn, on all threads, straight into the blob: what is in work of
/// it fits the cache of a core. For layouts of which <see cref="CodePanels.TakesRows"/> says so.
/// </summary>
internal static unsafe class RowPacking
{
    private const int BytesAtOnce = 1 << 15;

    /// <summary>Packs one row.</summary>
    /// <param name="to">The panels.</param>
    /// <param name="values">The row as it was read.</param>
    /// <param name="row">Its number.</param>
    /// <param name="panels">The first panel of the blob.</param>
    /// <param name="index">The panel that its column is in.</param>
    /// <param name="column">The column of that panel.</param>
    private delegate void RowPacker<T>(in CodePanels to, T* values, int row, byte* panels, long index, int column)
        where T : unmanaged;

    /// <summary>Quantises and packs f32 rows as int4 groups, and seals the blob.</summary>
    /// <exception cref="ArgumentException">A weight is not finite.</exception>
    public static BlobMemory Quantize(
        int threads, in PackedShape shape, WeightRowReader<float> read, Int4Mapping mapping, float* bias)
    {
        int inFeatures = shape.InFeatures;
        return Pack(threads, shape, inFeatures, read, PackRow);

        void PackRow(in CodePanels to, float* values, int row, byte* panels, long index, int column)
        {
            if (!to.PackFloats(values, mapping, bias == null ? 0 : bias[row], panels, index, column))
            {
                Ensure.FiniteWeights(new ReadOnlySpan<float>(values, inFeatures), row, inFeatures);
            }
        }
    }

    /// <summary>Packs rows of Q4_0 blocks, and seals the blob.</summary>
    /// <exception cref="ArgumentException">A scale is not finite.</exception>
    public static BlobMemory PackQ4(int threads, in PackedShape shape, WeightRowReader<byte> read, float* bias)
    {
        int rowBytes = checked((int)shape.RowBytes);
        return Pack(threads, shape, rowBytes, read, PackRow);

        void PackRow(in CodePanels to, byte* blocks, int row, byte* panels, long index, int column)
        {
            Ensure.FiniteQ4Scales(new ReadOnlySpan<byte>(blocks, rowBytes), row, "blocks");
            to.PackBlocks(blocks, bias == null ? 0 : bias[row], panels, index, column);
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
                int rowsAtOnce = Math.Clamp(BytesAtOnce / (rowLength * sizeof(T)), 1, what.PanelColumns);
                T[] buffer = ArrayPool<T>.Shared.Rent(rowsAtOnce * rowLength);
                fixed (T* values = buffer)
                {
                    for (long index = begin; index < end; index++)
                    {
                        PackPanel(what, to, index, panels, read, pack, values, rowLength, rowsAtOnce);
                    }
                }

                ArrayPool<T>.Shared.Return(buffer);
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
        T* values = buffer;
        for (int column = 0; column < rows; column++, values += rowLength)
        {
            if (column % rowsAtOnce == 0)
            {
                values = buffer;
                read(first + column, new Span<T>(values, Math.Min(rowsAtOnce, rows - column) * rowLength));
            }

            pack(to, values, first + column, panels, index, column);
        }

        for (int column = rows; column < width; column++)
        {
            if (shape.Formula.Padding == Padding.RepeatLastColumn)
            {
                pack(to, values - rowLength, first + rows - 1, panels, index, column);
            }
            else
            {
                to.PackZeros(panels, index, column);
            }
        }
    }
}
