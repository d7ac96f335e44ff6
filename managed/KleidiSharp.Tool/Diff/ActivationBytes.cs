// SPDX-License-Identifier: Apache-2.0
using System.Runtime.InteropServices;

namespace KleidiSharp.Tool.Diff;

/// <summary>Activations and results of a type, as bytes and as the floats that they hold.</summary>
internal static class ActivationBytes
{
    /// <summary>The bytes of numbers that the type holds; of codes, where it is int8.</summary>
    public static byte[] Of(float[] values, ActivationFormat format) => format.Type switch
    {
        ActivationType.Float32 => MemoryMarshal.AsBytes<float>(values).ToArray(),
        ActivationType.Float16 => MemoryMarshal.AsBytes<Half>(Array.ConvertAll(values, value => (Half)value)).ToArray(),
        ActivationType.BFloat16 => MemoryMarshal.AsBytes<ushort>(Array.ConvertAll(values, UpperHalf)).ToArray(),
        _ => Array.ConvertAll(values, value => (byte)(sbyte)value),
    };

    /// <summary>The numbers of some bytes; codes, where they are int8.</summary>
    public static float[] Values(byte[] bytes, ActivationFormat format) => format.Type switch
    {
        ActivationType.Float32 => MemoryMarshal.Cast<byte, float>(bytes).ToArray(),
        ActivationType.Float16 => Array.ConvertAll(MemoryMarshal.Cast<byte, Half>(bytes).ToArray(), value => (float)value),
        ActivationType.BFloat16 => Array.ConvertAll(
            MemoryMarshal.Cast<byte, ushort>(bytes).ToArray(), bits => BitConverter.UInt32BitsToSingle((uint)bits << 16)),
        _ => Array.ConvertAll(bytes, code => (float)(sbyte)code),
    };

    /// <summary>The number of a type that is nearest, ties to even.</summary>
    public static float Round(float value, ActivationType type)
    {
        if (type == ActivationType.Float16)
        {
            return (float)(Half)value;
        }

        if (type != ActivationType.BFloat16 || float.IsNaN(value))
        {
            return value;
        }

        uint bits = BitConverter.SingleToUInt32Bits(value);
        return BitConverter.UInt32BitsToSingle((bits + 0x7FFF + ((bits >> 16) & 1)) & 0xFFFF0000);
    }

    private static ushort UpperHalf(float value) => (ushort)(BitConverter.SingleToUInt32Bits(value) >> 16);
}
