// SPDX-License-Identifier: Apache-2.0
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace KleidiSharp;

/// <summary>
/// The scales of int4 groups that stand one after another, sixteen at a time where vectors have room for as many; what
/// <see cref="Int4Groups.ScaleOf"/> gives of each.
/// </summary>
internal static unsafe class Int4Scales
{
    /// <summary>Groups that go together.</summary>
    public const int AtOnce = 16;

    private const uint InfinityBits = 0x7F800000;
    private const uint SmallestNormalBits = 0x00800000;

    /// <summary>Scales of some groups, and what values are multiplied with to be in steps of them.</summary>
    /// <param name="weights">The first group.</param>
    /// <param name="groups">How many groups: 1 to <see cref="AtOnce"/>.</param>
    /// <param name="groupValues">Values of each: a multiple of 32.</param>
    /// <param name="mapping">The rule.</param>
    /// <param name="scales">Receives the scales, bfloat16; room for <see cref="AtOnce"/>.</param>
    /// <param name="steps">Receives their reciprocals; likewise.</param>
    /// <returns>False where a value is not finite; what was received is of no use then.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool Of(float* weights, int groups, int groupValues, Int4Mapping mapping, ushort* scales, float* steps)
    {
        if (groups == AtOnce && Vector512.IsHardwareAccelerated && Avx512F.IsSupported)
        {
            return OfSixteen(weights, groupValues, mapping, scales, steps);
        }

        for (int group = 0; group < groups; group++, weights += groupValues)
        {
            int scale = Int4Groups.ScaleOf(weights, groupValues, mapping);
            if (scale < 0)
            {
                return false;
            }

            scales[group] = (ushort)scale;
            steps[group] = Int4Groups.StepsOf((ushort)scale);
        }

        return true;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static bool OfSixteen(float* weights, int groupValues, Int4Mapping mapping, ushort* scales, float* steps)
    {
        // Magnitude and below it the sign, turned over in the second: of +m and -m the first finds -m, the second +m.
        Vector512<uint> negative = Largest(weights, groupValues, 0);
        Vector512<uint> magnitude = negative >>> 1;
        if (Vector512.GreaterThanOrEqualAny(magnitude, Vector512.Create(InfinityBits)))
        {
            return false;
        }

        Vector512<uint> bits;
        if (mapping == Int4Mapping.Symmetric)
        {
            Vector512<uint> scaled = (magnitude.AsSingle() / Vector512.Create(7.5f)).AsUInt32();
            bits = Round(Vector512.Max(scaled, Vector512.Create(SmallestNormalBits)));
        }
        else
        {
            Vector512<uint> positive = Largest(weights, groupValues, 1);
            Vector512<uint> sign = positive << 31;
            Vector512<uint> both = Vector512.Equals(negative & positive & Vector512<uint>.One, Vector512<uint>.One);
            for (ulong left = both.ExtractMostSignificantBits(); left != 0; left &= left - 1)
            {
                int group = BitOperations.TrailingZeroCount(left);
                uint first = (uint)Int4Groups.ScaleOf(weights + ((long)group * groupValues), groupValues, mapping);
                sign = sign.WithElement(group, first << 16);
            }

            Vector512<uint> eighth = (magnitude.AsSingle() * Vector512.Create(0.125f)).AsUInt32();
            Vector512<uint> small = Vector512.LessThan(magnitude, Vector512.Create(SmallestNormalBits + (3u << 23)));
            bits = Vector512.ConditionalSelect(
                small,
                Round(Vector512.Create(SmallestNormalBits)),
                Round(eighth) | ((sign >>> 16) & Vector512.Create(0x8000u)));
        }

        Avx512F.ConvertToVector256UInt16(bits).Store(scales);
        (Vector512<float>.One / (bits << 16).AsSingle()).Store(steps);
        return true;
    }

    // Of finite floats without sign; ties to even. The bits of the bfloat16.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<uint> Round(Vector512<uint> bits) =>
        (bits + Vector512.Create(0x7FFFu) + ((bits >>> 16) & Vector512<uint>.One)) >>> 16;

    // Of each group the largest of its values' bits rotated by one, the lowest bit of them turned over or not.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<uint> Largest(float* weights, int groupValues, uint turn)
    {
        Vector512<uint> turns = Vector512.Create(turn);
        Vector512<uint> four0 = LargestOfFour(weights, groupValues, turns);
        Vector512<uint> four1 = LargestOfFour(weights + (4L * groupValues), groupValues, turns);
        Vector512<uint> four2 = LargestOfFour(weights + (8L * groupValues), groupValues, turns);
        Vector512<uint> four3 = LargestOfFour(weights + (12L * groupValues), groupValues, turns);

        // Every quarter of a vector has the four groups; from quarters a, b, c, d to the larger of a and b, of c and d.
        Vector512<uint> eight0 = Vector512.Max(
            Avx512F.Shuffle4x128(four0, four1, 0x88), Avx512F.Shuffle4x128(four0, four1, 0xDD));
        Vector512<uint> eight1 = Vector512.Max(
            Avx512F.Shuffle4x128(four2, four3, 0x88), Avx512F.Shuffle4x128(four2, four3, 0xDD));
        return Vector512.Max(
            Avx512F.Shuffle4x128(eight0, eight1, 0x88), Avx512F.Shuffle4x128(eight0, eight1, 0xDD));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<uint> LargestOfFour(float* weights, int groupValues, Vector512<uint> turns)
    {
        Vector512<uint> a = LargestOfOne(weights, groupValues, turns);
        Vector512<uint> b = LargestOfOne(weights + groupValues, groupValues, turns);
        Vector512<uint> c = LargestOfOne(weights + (2L * groupValues), groupValues, turns);
        Vector512<uint> d = LargestOfOne(weights + (3L * groupValues), groupValues, turns);
        Vector512<ulong> ab = Vector512.Max(Avx512F.UnpackLow(a, b), Avx512F.UnpackHigh(a, b)).AsUInt64();
        Vector512<ulong> cd = Vector512.Max(Avx512F.UnpackLow(c, d), Avx512F.UnpackHigh(c, d)).AsUInt64();
        return Vector512.Max(Avx512F.UnpackLow(ab, cd).AsUInt32(), Avx512F.UnpackHigh(ab, cd).AsUInt32());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<uint> LargestOfOne(float* weights, int groupValues, Vector512<uint> turns)
    {
        Vector512<uint> largest = default;
        for (int i = 0; i < groupValues; i += Int4Groups.Piece)
        {
            Vector512<uint> low = Avx512F.RotateLeft(Vector512.Load((uint*)weights + i), 1) ^ turns;
            Vector512<uint> high = Avx512F.RotateLeft(Vector512.Load((uint*)weights + i + 16), 1) ^ turns;
            largest = Vector512.Max(largest, Vector512.Max(low, high));
        }

        return largest;
    }
}
