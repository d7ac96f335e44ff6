// SPDX-License-Identifier: Apache-2.0
using System.Buffers.Binary;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;

namespace KleidiSharp.Models;

/// <summary>How the elements of each tensor type lie in the file, and how those that can be read become floats.</summary>
internal static class GgufBlocks
{
    /// <summary>Elements and bytes of one block of a type, or null where the code names no type.</summary>
    public static (int Elements, int Bytes)? Geometry(GgufTensorType type) => type switch
    {
        GgufTensorType.F32 or GgufTensorType.I32 => (1, 4),
        GgufTensorType.F16 or GgufTensorType.BF16 or GgufTensorType.I16 => (1, 2),
        GgufTensorType.I8 => (1, 1),
        GgufTensorType.I64 or GgufTensorType.F64 => (1, 8),
        GgufTensorType.Q4_0 or GgufTensorType.IQ4_NL => (32, 18),
        GgufTensorType.Q4_1 => (32, 20),
        GgufTensorType.Q5_0 => (32, 22),
        GgufTensorType.Q5_1 => (32, 24),
        GgufTensorType.Q8_0 => (32, 34),
        GgufTensorType.Q8_1 => (32, 36),
        GgufTensorType.MXFP4 => (32, 17),
        GgufTensorType.Q2_K => (256, 84),
        GgufTensorType.Q3_K or GgufTensorType.IQ3_S => (256, 110),
        GgufTensorType.Q4_K => (256, 144),
        GgufTensorType.Q5_K => (256, 176),
        GgufTensorType.Q6_K => (256, 210),
        GgufTensorType.Q8_K => (256, 292),
        GgufTensorType.IQ2_XXS or GgufTensorType.TQ2_0 => (256, 66),
        GgufTensorType.IQ2_XS => (256, 74),
        GgufTensorType.IQ2_S => (256, 82),
        GgufTensorType.IQ3_XXS => (256, 98),
        GgufTensorType.IQ1_S => (256, 50),
        GgufTensorType.IQ1_M => (256, 56),
        GgufTensorType.IQ4_XS => (256, 136),
        GgufTensorType.TQ1_0 => (256, 54),
        _ => null,
    };

    /// <summary>Whether <see cref="Decode"/> knows the type.</summary>
    public static bool CanDecode(GgufTensorType type) => type is GgufTensorType.F32 or GgufTensorType.F16
        or GgufTensorType.BF16 or GgufTensorType.Q8_0 or GgufTensorType.Q4_0;

    /// <summary>
    /// Turns whole blocks into floats, exactly: every value of these types is a 32-bit float.
    /// </summary>
    public static void Decode(GgufTensorType type, ReadOnlySpan<byte> blocks, Span<float> values)
    {
        switch (type)
        {
            case GgufTensorType.F32:
                blocks.CopyTo(MemoryMarshal.AsBytes(values));
                break;
            case GgufTensorType.F16:
                TensorPrimitives.ConvertToSingle(MemoryMarshal.Cast<byte, Half>(blocks), values);
                break;
            case GgufTensorType.BF16:
                DecodeBFloat16(blocks, values);
                break;
            case GgufTensorType.Q8_0:
                DecodeQ8(blocks, values);
                break;
            case GgufTensorType.Q4_0:
                DecodeQ4(blocks, values);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(type), type, "This type has no decoder.");
        }
    }

    private static void DecodeBFloat16(ReadOnlySpan<byte> blocks, Span<float> values)
    {
        ReadOnlySpan<ushort> upper = MemoryMarshal.Cast<byte, ushort>(blocks);
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = BitConverter.UInt32BitsToSingle((uint)upper[i] << 16);
        }
    }

    private static void DecodeQ8(ReadOnlySpan<byte> blocks, Span<float> values)
    {
        for (int block = 0; block * 32 < values.Length; block++)
        {
            ReadOnlySpan<byte> source = blocks.Slice(block * 34, 34);
            Span<float> target = values.Slice(block * 32, 32);
            float scale = (float)BinaryPrimitives.ReadHalfLittleEndian(source);
            for (int j = 0; j < 32; j++)
            {
                target[j] = (sbyte)source[2 + j] * scale;
            }
        }
    }

    private static void DecodeQ4(ReadOnlySpan<byte> blocks, Span<float> values)
    {
        for (int block = 0; block * 32 < values.Length; block++)
        {
            ReadOnlySpan<byte> source = blocks.Slice(block * 18, 18);
            Span<float> target = values.Slice(block * 32, 32);
            float scale = (float)BinaryPrimitives.ReadHalfLittleEndian(source);
            for (int j = 0; j < 16; j++)
            {
                target[j] = ((source[2 + j] & 15) - 8) * scale;
                target[16 + j] = ((source[2 + j] >> 4) - 8) * scale;
            }
        }
    }
}
