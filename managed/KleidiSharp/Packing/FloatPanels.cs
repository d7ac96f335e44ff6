// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp;

/// <summary>Panels of floats: the bias of the columns, then for each run of k their weights.</summary>
internal static unsafe class FloatPanels
{
    // Of f16 and bf16.
    private const ushort MinusZero = 0x8000;

    public static void Pack(in PackedShape shape, in WeightMemory from, long index, byte* panels)
    {
        if (shape.Format.Traits.ElementBytes == sizeof(float))
        {
            Pack<uint>(shape, from, index, panels);
        }
        else
        {
            Pack<ushort>(shape, from, index, panels);
        }
    }

    public static void Unpack(in PackedShape shape, byte* panels, long index, in WeightMemory to)
    {
        if (shape.Format.Traits.ElementBytes == sizeof(float))
        {
            Unpack<uint>(shape, panels, index, to);
        }
        else
        {
            Unpack<ushort>(shape, panels, index, to);
        }
    }

    private static void Pack<T>(in PackedShape shape, in WeightMemory from, long index, byte* panels)
        where T : unmanaged
    {
        int width = shape.PanelColumns;
        int run = shape.Formula.Run;
        long k = shape.InFeatures;
        byte* panel = panels + (index * shape.PanelBytes);
        T* values = (T*)(panel + shape.FloatBiasBytes);
        for (long i = 0; i < (shape.PanelBytes - shape.FloatBiasBytes) / sizeof(T); i++)
        {
            values[i] = default;
        }

        for (int column = 0; column < width; column++)
        {
            long row = (index * width) + column;
            bool padding = row >= shape.OutFeatures;
            *(float*)(panels + shape.BiasOffset(row)) = padding || from.Bias == null ? 0 : from.Bias[row];
            if (shape.HasTailBias)
            {
                ((ushort*)panel)[column] = padding ? (ushort)0 : MinusZero;
            }

            T* weights = (T*)from.Rows + (row * k);
            for (long i = 0; !padding && i < k; i++)
            {
                values[Place(i, column, width, run)] = weights[i];
            }
        }
    }

    private static void Unpack<T>(in PackedShape shape, byte* panels, long index, in WeightMemory to)
        where T : unmanaged
    {
        int width = shape.PanelColumns;
        int run = shape.Formula.Run;
        long k = shape.InFeatures;
        T* values = (T*)(panels + (index * shape.PanelBytes) + shape.FloatBiasBytes);
        for (int column = 0; column < width && (index * width) + column < shape.OutFeatures; column++)
        {
            long row = (index * width) + column;
            if (to.Bias != null)
            {
                to.Bias[row] = *(float*)(panels + shape.BiasOffset(row));
            }

            T* weights = (T*)to.Rows + (row * k);
            for (long i = 0; i < k; i++)
            {
                weights[i] = values[Place(i, column, width, run)];
            }
        }
    }

    private static long Place(long k, int column, int width, int run) => (k / run * run * width) + (column * run) + (k % run);
}
