// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp;

/// <summary>Packs and unpacks whole matrices, of any layout, panel by panel.</summary>
internal static unsafe class PackedPanels
{
    /// <summary>Packs panels, and their part of the tail.</summary>
    /// <param name="shape">What is packed.</param>
    /// <param name="from">The whole matrix.</param>
    /// <param name="begin">The first panel.</param>
    /// <param name="end">One past the last.</param>
    /// <param name="panels">Where the first panel of the blob stands.</param>
    public static void Pack(in PackedShape shape, in WeightMemory from, long begin, long end, byte* panels)
    {
        var codes = shape.Format.Traits.IsFloat ? default : new CodePanels(shape);
        for (long index = begin; index < end; index++)
        {
            if (shape.Format.Traits.IsFloat)
            {
                FloatPanels.Pack(shape, from, index, panels);
            }
            else
            {
                codes.Pack(from, index, panels);
            }
        }
    }

    /// <summary>Undoes <see cref="Pack"/> for all panels of a blob whose memory the caller holds.</summary>
    public static void Unpack(PackedBlob blob, in WeightMemory to)
    {
        PackedShape shape = blob.Shape;
        byte* panels = blob.Memory.Address + PackedShape.HeaderSize;
        var codes = shape.Format.Traits.IsFloat ? default : new CodePanels(shape);
        for (long index = 0; index < shape.Panels; index++)
        {
            if (shape.Format.Traits.IsFloat)
            {
                FloatPanels.Unpack(shape, panels, index, to);
            }
            else
            {
                codes.Unpack(panels, index, to);
            }
        }
    }
}
