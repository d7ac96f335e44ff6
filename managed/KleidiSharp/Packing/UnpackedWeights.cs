// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp;

/// <summary>What was packed into a blob, of any layout.</summary>
internal sealed unsafe class UnpackedWeights
{
    /// <summary>Makes room for a matrix of a shape.</summary>
    public UnpackedWeights(in PackedShape shape)
    {
        bool isFloat = shape.Format.Kind == WeightKind.Float32;
        Values = isFloat ? new float[checked(shape.OutFeatures * shape.InFeatures)] : [];
        Codes = isFloat ? [] : new byte[shape.WeightBytes];
        Scales = isFloat ? [] : new ushort[checked(shape.OutFeatures * shape.Groups)];
        Bias = new float[shape.OutFeatures];
    }

    /// <summary>f32 [n][k]; empty for int4.</summary>
    public float[] Values { get; }

    /// <summary>Codes [n][k/2]; empty for f32.</summary>
    public byte[] Codes { get; }

    /// <summary>bfloat16 [n][k/group]; empty for f32.</summary>
    public ushort[] Scales { get; }

    /// <summary>[n].</summary>
    public float[] Bias { get; }

    /// <summary>Unpacks a blob whose memory the caller holds.</summary>
    public static UnpackedWeights From(PackedBlob blob)
    {
        PackedShape shape = blob.Shape;
        var unpacked = new UnpackedWeights(shape);
        for (int index = 0; index < shape.Panels; index++)
        {
            var panel = new ReadOnlySpan<byte>(
                blob.Memory.Address + PackedShape.HeaderSize + (index * shape.PanelBytes), shape.PanelLength);
            if (shape.Format.Kind == WeightKind.Float32)
            {
                PackedLayout.UnpackFloat32(shape, index, panel, unpacked.Values, unpacked.Bias);
            }
            else
            {
                PackedLayout.UnpackInt4(shape, index, panel, unpacked.Codes, unpacked.Scales, unpacked.Bias);
            }
        }

        return unpacked;
    }
}
