// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp;

/// <summary>
/// Chooses the format that represents quantised weights exactly:
/// <list type="table">
/// <item><term>int4, no zero points, one group a row</term><description>Int4Channel</description></item>
/// <item><term>int4, no zero points, bfloat16 scales</term><description>Int4Group</description></item>
/// <item><term>int4, no zero points, other scales</term><description>Int4Asymmetric with zeros of 0</description></item>
/// <item><term>int4, zero points</term><description>Int4Asymmetric with zeros (8 - zero point) · scale</description></item>
/// <item><term>int8, one scale a row</term><description>Int8Channel</description></item>
/// <item><term>GGUF Q4_0, Q4_1</term><description>Q4_0, Int4Asymmetric
/// (<see cref="QuantizedWeights.FromQ4_0"/>, <see cref="QuantizedWeights.FromQ4_1"/>)</description></item>
/// </list>
/// What no format represents exactly is refused, unless the caller names a rounding.
/// </summary>
public static class LosslessWeights
{
    private const int MaxGroup = 16384;

    /// <summary>int4 weights (code - zero point) · scale.</summary>
    /// <param name="outFeatures">Rows (n).</param>
    /// <param name="inFeatures">Values per row (k); even, a multiple of the group.</param>
    /// <param name="groupSize">Values along k that share a scale: a multiple of 32, or k.</param>
    /// <param name="codes">[n][k/2] bytes, two codes 0..15 each.</param>
    /// <param name="scales">[n][k/group]; finite.</param>
    /// <param name="zeroPoints">[n][k/group], 0..16; empty where all are 8.</param>
    /// <param name="order">Which nibble holds the even k.</param>
    /// <param name="rounding">What to do with a zero that f32 does not hold.</param>
    /// <exception cref="ArgumentException">
    /// A length or a number is wrong, no format has such groups, or a zero is not exact and no rounding was named.
    /// </exception>
    public static QuantizedWeights Int4(
        int outFeatures,
        int inFeatures,
        int groupSize,
        ReadOnlySpan<byte> codes,
        ReadOnlySpan<float> scales,
        ReadOnlySpan<byte> zeroPoints = default,
        NibbleOrder order = NibbleOrder.EvenLow,
        Rounding rounding = Rounding.Refuse)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(outFeatures, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(inFeatures, 1);
        bool symmetric = zeroPoints.IndexOfAnyExcept((byte)8) < 0;
        bool perRow = groupSize == inFeatures;
        if (groupSize < 1 || inFeatures % groupSize != 0 || inFeatures % 2 != 0
            || (groupSize % 32 != 0 && !(perRow && symmetric)))
        {
            throw new ArgumentException(
                $"groupSize {groupSize} of inFeatures {inFeatures}: int4 groups are a multiple of 32 that divides the row"
                + (symmetric ? ", or a row of an even number of values." : "."),
                nameof(groupSize));
        }

        int groups = inFeatures / groupSize;
        Ensure.HoldsExactly(
            scales.Length, (long)outFeatures * groups, nameof(scales), $"outFeatures {outFeatures} × {groups} groups");
        Ensure.HoldsExactly(
            zeroPoints.Length, zeroPoints.IsEmpty ? 0 : scales.Length, nameof(zeroPoints), "one for each scale");
        if (symmetric && perRow && WeightFormat.Int4Channel.Fits(inFeatures))
        {
            return new QuantizedWeights(
                WeightFormat.Int4Channel, outFeatures, inFeatures, QuantizedWeights.Ordered(codes, order), scales);
        }

        // Groups too large for a format are several with the same scale.
        int part = PartOf(groupSize);
        float[] partScales = Repeated(scales, groupSize / part);
        byte[] partZeroPoints = Repeated(zeroPoints, groupSize / part);
        if (!symmetric)
        {
            return QuantizedWeights.FromUnsignedCodes(
                outFeatures, inFeatures, part, codes, partScales, partZeroPoints, order, rounding);
        }

        return Array.TrueForAll(partScales, BFloat16.IsExact)
            ? new QuantizedWeights(
                WeightFormat.Int4Group(part), outFeatures, inFeatures, QuantizedWeights.Ordered(codes, order), partScales)
            : QuantizedWeights.FromFloatZeros(
                outFeatures, inFeatures, part, codes, partScales, new float[partScales.Length], order);
    }

    /// <summary>int8 weights code · scale with one scale a row.</summary>
    /// <param name="outFeatures">Rows (n).</param>
    /// <param name="inFeatures">Values per row (k).</param>
    /// <param name="codes">[n][k].</param>
    /// <param name="scales">[n]; finite.</param>
    /// <exception cref="ArgumentException">A length or a number is wrong; the message names it.</exception>
    public static QuantizedWeights Int8(
        int outFeatures, int inFeatures, ReadOnlySpan<sbyte> codes, ReadOnlySpan<float> scales) =>
        QuantizedWeights.FromSignedCodes(WeightFormat.Int8Channel, outFeatures, inFeatures, codes, scales);

    // The largest multiple of 32 up to the most a format takes that divides a group.
    private static int PartOf(int groupSize)
    {
        int part = Math.Min(groupSize, MaxGroup);
        while (groupSize % part != 0)
        {
            part -= 32;
        }

        return part;
    }

    private static T[] Repeated<T>(ReadOnlySpan<T> values, int times)
    {
        var repeated = new T[values.Length * times];
        for (int i = 0; i < values.Length; i++)
        {
            repeated.AsSpan(i * times, times).Fill(values[i]);
        }

        return repeated;
    }
}
