// SPDX-License-Identifier: Apache-2.0
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace KleidiSharp;

/// <summary>Quantises groups of int4 weights by either <see cref="Int4Mapping"/>, 32 values at a time.</summary>
internal static unsafe class Int4Groups
{
    /// <summary>Values whose codes are made at once.</summary>
    public const int Piece = 32;

    private const float SmallestNormal = 1.17549435e-38f;
    private const int InfinityBits = 0x7F800000;
    private const int MagnitudeMask = 0x7FFFFFFF;

    // Added to a small number, it leaves the nearest integer, ties to even, in the low bits; 8 more makes a code of it.
    private const float Shift = 12582912;

    private static bool HasWideVectors => Vector512.IsHardwareAccelerated && Avx512F.IsSupported;

    /// <summary>Quantises a matrix to its logical form; its values are finite.</summary>
    public static void Quantize(
        int threads, float* weights, int outFeatures, int inFeatures, int groupSize, Int4Mapping mapping, WeightMemory to)
    {
        long groups = inFeatures / groupSize;
        RowChunks.ForEach(threads, outFeatures, 1, (begin, end) =>
        {
            for (long group = begin * groups; group < end * groups; group++)
            {
                float* values = weights + (group * groupSize);
                byte* codes = to.Rows + (group * groupSize / 2);
                var scale = (ushort)ScaleOf(values, groupSize, mapping);
                ((ushort*)to.Scales)[group] = scale;
                float steps = StepsOf(scale);
                for (int k = 0; k < groupSize; k += Piece)
                {
                    Neighbours(Codes(values + k, steps, out _)).Store(codes + (k / 2));
                }
            }
        });
    }

    /// <summary>
    /// The scale of a group, a bfloat16. FullRange: m / -8, m being the value of largest magnitude, the first among
    /// equals. Symmetric: the largest magnitude / 7.5. Rounded to bfloat16, ties to even; groups of next to nothing get
    /// the smallest scale whose reciprocal is finite.
    /// </summary>
    /// <param name="weights">The group.</param>
    /// <param name="count">Its values: a multiple of 32.</param>
    /// <param name="mapping">The rule.</param>
    /// <returns>The 16 bits; -1 where a value is not finite.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int ScaleOf(float* weights, int count, Int4Mapping mapping)
    {
        // Without sign, the order of the bits is that of the values, with infinity and NaN above every finite one.
        int bits = HasWideVectors ? LargestOfWide(weights, count) : Largest(weights, count);
        if (bits >= InfinityBits)
        {
            return -1;
        }

        float magnitude = BitConverter.Int32BitsToSingle(bits);
        if (mapping == Int4Mapping.Symmetric)
        {
            return BFloat16.Round(MathF.Max(magnitude / 7.5f, SmallestNormal));
        }

        if (magnitude < 8 * SmallestNormal)
        {
            return BFloat16.Round(SmallestNormal);
        }

        int index = HasWideVectors ? IndexOfWide(weights, bits) : IndexOf(weights, bits);
        return BFloat16.Round(weights[index] / -8);
    }

    /// <summary>What a value is multiplied with to be in steps of a scale.</summary>
    public static float StepsOf(ushort scale) => 1 / BFloat16.ToSingle(scale);

    /// <summary>
    /// Codes of 32 values: value · <paramref name="steps"/> rounded, ties to even, and cut to -8..7, plus 8.
    /// </summary>
    /// <param name="weights">The values, finite.</param>
    /// <param name="steps"><see cref="StepsOf"/> of the group's scale.</param>
    /// <param name="sum">Receives the sum of the codes, each less 8.</param>
    /// <returns>Code i in the low nibble of byte i, code i + 16 in the high one.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> Codes(float* weights, float steps, out int sum)
    {
        if (HasWideVectors)
        {
            Vector512<float> wide = Vector512.Create(steps);
            Vector512<int> low = Sixteen(weights, wide);
            Vector512<int> high = Sixteen(weights + 16, wide);
            sum = Vector512.Sum(low + high) - (8 * Piece);
            return Avx512F.ConvertToVector128Byte(low | (high << 4));
        }

        Vector256<float> multiplier = Vector256.Create(steps);
        Vector256<int> codes0 = Eight(weights, multiplier);
        Vector256<int> codes1 = Eight(weights + 8, multiplier);
        Vector256<int> codes2 = Eight(weights + 16, multiplier);
        Vector256<int> codes3 = Eight(weights + 24, multiplier);
        sum = Vector256.Sum(codes0 + codes1 + codes2 + codes3) - (8 * Piece);
        Vector256<ushort> pairs = Vector256.Narrow((codes0 | (codes2 << 4)).AsUInt32(), (codes1 | (codes3 << 4)).AsUInt32());
        return Vector128.Narrow(pairs.GetLower(), pairs.GetUpper());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int Largest(float* weights, int count)
    {
        Vector256<int> largest = default;
        for (int i = 0; i < count; i += Piece)
        {
            largest = Vector256.Max(largest, Vector256.Max(
                Vector256.Max(Magnitudes(weights + i), Magnitudes(weights + i + 8)),
                Vector256.Max(Magnitudes(weights + i + 16), Magnitudes(weights + i + 24))));
        }

        return Largest(largest);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int LargestOfWide(float* weights, int count)
    {
        Vector512<int> largest = default;
        for (int i = 0; i < count; i += Piece)
        {
            largest = Vector512.Max(largest, Vector512.Max(WideMagnitudes(weights + i), WideMagnitudes(weights + i + 16)));
        }

        return Largest(Vector256.Max(largest.GetLower(), largest.GetUpper()));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int Largest(Vector256<int> values)
    {
        Vector128<int> four = Vector128.Max(values.GetLower(), values.GetUpper());
        Vector128<int> two = Vector128.Max(four, Vector128.Shuffle(four, Vector128.Create(2, 3, 0, 1)));
        return Vector128.Max(two, Vector128.Shuffle(two, Vector128.Create(1, 0, 3, 2))).ToScalar();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int IndexOf(float* weights, int bits)
    {
        Vector256<int> wanted = Vector256.Create(bits);
        for (int i = 0; ; i += Piece)
        {
            uint found = Vector256.Equals(Magnitudes(weights + i), wanted).ExtractMostSignificantBits()
                | Vector256.Equals(Magnitudes(weights + i + 8), wanted).ExtractMostSignificantBits() << 8
                | Vector256.Equals(Magnitudes(weights + i + 16), wanted).ExtractMostSignificantBits() << 16
                | Vector256.Equals(Magnitudes(weights + i + 24), wanted).ExtractMostSignificantBits() << 24;
            if (found != 0)
            {
                return i + BitOperations.TrailingZeroCount(found);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int IndexOfWide(float* weights, int bits)
    {
        Vector512<int> wanted = Vector512.Create(bits);
        for (int i = 0; ; i += Piece)
        {
            uint found = (uint)Vector512.Equals(WideMagnitudes(weights + i), wanted).ExtractMostSignificantBits()
                | (uint)Vector512.Equals(WideMagnitudes(weights + i + 16), wanted).ExtractMostSignificantBits() << 16;
            if (found != 0)
            {
                return i + BitOperations.TrailingZeroCount(found);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> Magnitudes(float* weights) =>
        Vector256.Load((int*)weights) & Vector256.Create(MagnitudeMask);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<int> WideMagnitudes(float* weights) =>
        Vector512.Load((int*)weights) & Vector512.Create(MagnitudeMask);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> Eight(float* weights, Vector256<float> multiplier)
    {
        Vector256<float> scaled = Vector256.Load(weights) * multiplier;
        Vector256<float> cut = Vector256.Min(Vector256.Max(scaled, Vector256.Create(-8f)), Vector256.Create(7f));
        return (cut + Vector256.Create(Shift + 8)).AsInt32() & Vector256.Create(15);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<int> Sixteen(float* weights, Vector512<float> multiplier)
    {
        Vector512<float> scaled = Vector512.Load(weights) * multiplier;
        Vector512<float> cut = Vector512.Min(Vector512.Max(scaled, Vector512.Create(-8f)), Vector512.Create(7f));
        return (cut + Vector512.Create(Shift + 8)).AsInt32() & Vector512.Create(15);
    }

    // From codes that are 16 apart in a byte to neighbours, the even one in the low nibble.
    private static Vector128<byte> Neighbours(Vector128<byte> codes)
    {
        Vector128<ushort> low = (codes & Vector128.Create((byte)15)).AsUInt16();
        Vector128<ushort> high = (codes.AsUInt16() >>> 4) & Vector128.Create((ushort)0x0F0F);
        Vector128<ushort> bytes = Vector128.Create((ushort)0xFF);
        return Vector128.Narrow((low | (low >>> 4)) & bytes, (high | (high >>> 4)) & bytes);
    }
}
