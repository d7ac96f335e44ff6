// SPDX-License-Identifier: Apache-2.0
using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace KleidiSharp.Models;

/// <summary>How the elements of each tensor type lie in the file, and how those that can be read become floats.</summary>
internal static class GgufBlocks
{
    private const float TwoToThe112 = 5.192296858534828e33f;

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
                DecodeHalf(blocks, values);
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

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void DecodeHalf(ReadOnlySpan<byte> blocks, Span<float> values)
    {
        ReadOnlySpan<ushort> halves = MemoryMarshal.Cast<byte, ushort>(blocks);
        ref ushort from = ref MemoryMarshal.GetReference(halves);
        ref float to = ref MemoryMarshal.GetReference(values);
        Vector256<short> largest = default;
        int i = 0;
        if (Vector512.IsHardwareAccelerated)
        {
            Vector512<short> wide = default;
            for (; i + 32 <= values.Length; i += 32)
            {
                Vector512<short> bits = Vector512.LoadUnsafe(ref from, (nuint)i).AsInt16();
                wide = Vector512.Max(wide, bits & Vector512.Create((short)0x7FFF));
                (Vector512<int> low, Vector512<int> high) = Vector512.Widen(bits);
                FromHalf(low).StoreUnsafe(ref to, (nuint)i);
                FromHalf(high).StoreUnsafe(ref to, (nuint)i + 16);
            }

            largest = Vector256.Max(wide.GetLower(), wide.GetUpper());
        }

        for (; i + 16 <= values.Length; i += 16)
        {
            Vector256<short> bits = Vector256.LoadUnsafe(ref from, (nuint)i).AsInt16();
            largest = Vector256.Max(largest, bits & Vector256.Create((short)0x7FFF));
            (Vector256<int> low, Vector256<int> high) = Vector256.Widen(bits);
            FromHalf(low).StoreUnsafe(ref to, (nuint)i);
            FromHalf(high).StoreUnsafe(ref to, (nuint)i + 8);
        }

        // What is left of the row; all of it where there is an infinity or a NaN, which the vectors do not know.
        for (i = Vector256.GreaterThanOrEqualAny(largest, Vector256.Create((short)0x7C00)) ? 0 : i; i < values.Length; i++)
        {
            values[i] = (float)BitConverter.UInt16BitsToHalf(halves[i]);
        }
    }

    // Sign, exponent and mantissa moved to their places make a number that is 2^112 too small.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> FromHalf(Vector256<int> bits) =>
        ((bits << 13) & Vector256.Create(unchecked((int)0x8FFFE000))).AsSingle() * Vector256.Create(TwoToThe112);

    // Without numbers that are subnormal in f32 too, which Intel's multipliers are slow with: those that are in half get an
    // exponent and a one before their mantissa, which is subtracted.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> FromHalf(Vector512<int> bits)
    {
        Vector512<int> magnitude = (bits << 13) & Vector512.Create(0x0FFFE000);
        Vector512<int> normal = magnitude + Vector512.Create(112 << 23);
        Vector512<int> one = Vector512.Create(113 << 23);
        Vector512<int> subnormal = ((magnitude + one).AsSingle() - one.AsSingle()).AsInt32();
        Vector512<int> chosen = Vector512.ConditionalSelect(
            Vector512.LessThan(magnitude, Vector512.Create(1 << 23)), subnormal, normal);
        return (chosen | ((bits << 16) & Vector512.Create(int.MinValue))).AsSingle();
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void DecodeBFloat16(ReadOnlySpan<byte> blocks, Span<float> values)
    {
        ReadOnlySpan<ushort> upper = MemoryMarshal.Cast<byte, ushort>(blocks);
        ref ushort from = ref MemoryMarshal.GetReference(upper);
        ref float to = ref MemoryMarshal.GetReference(values);
        int i = 0;
        for (; i + 16 <= values.Length; i += 16)
        {
            (Vector256<uint> low, Vector256<uint> high) = Vector256.Widen(Vector256.LoadUnsafe(ref from, (nuint)i));
            (low << 16).AsSingle().StoreUnsafe(ref to, (nuint)i);
            (high << 16).AsSingle().StoreUnsafe(ref to, (nuint)i + 8);
        }

        for (; i < values.Length; i++)
        {
            values[i] = BitConverter.UInt32BitsToSingle((uint)upper[i] << 16);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void DecodeQ8(ReadOnlySpan<byte> blocks, Span<float> values)
    {
        ref float to = ref MemoryMarshal.GetReference(values);
        for (int block = 0; block * 32 < values.Length; block++)
        {
            ReadOnlySpan<byte> source = blocks.Slice(block * 34, 34);
            var scale = Vector256.Create((float)BinaryPrimitives.ReadHalfLittleEndian(source));
            (Vector256<short> low, Vector256<short> high) =
                Vector256.Widen(Vector256.Create(MemoryMarshal.Cast<byte, sbyte>(source[2..])));
            Store(low, scale, ref to, (nuint)block * 32);
            Store(high, scale, ref to, ((nuint)block * 32) + 16);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void DecodeQ4(ReadOnlySpan<byte> blocks, Span<float> values)
    {
        ref float to = ref MemoryMarshal.GetReference(values);
        for (int block = 0; block * 32 < values.Length; block++)
        {
            ReadOnlySpan<byte> source = blocks.Slice(block * 18, 18);
            var scale = Vector256.Create((float)BinaryPrimitives.ReadHalfLittleEndian(source));
            Vector128<byte> pairs = Vector128.Create(source[2..]);
            Vector128<byte> eight = Vector128.Create((byte)8);
            Vector128<sbyte> low = ((pairs & Vector128.Create((byte)15)) - eight).AsSByte();
            Vector128<sbyte> high = ((pairs >>> 4) - eight).AsSByte();
            Store(Vector256.Create(Vector128.WidenLower(low), Vector128.WidenUpper(low)), scale, ref to, (nuint)block * 32);
            Store(Vector256.Create(Vector128.WidenLower(high), Vector128.WidenUpper(high)), scale, ref to, ((nuint)block * 32) + 16);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(Vector256<short> codes, Vector256<float> scale, ref float to, nuint index)
    {
        (Vector256<int> low, Vector256<int> high) = Vector256.Widen(codes);
        (Vector256.ConvertToSingle(low) * scale).StoreUnsafe(ref to, index);
        (Vector256.ConvertToSingle(high) * scale).StoreUnsafe(ref to, index + 8);
    }
}
