// SPDX-License-Identifier: Apache-2.0
using System.Runtime.InteropServices;

namespace KleidiSharp;

/// <content>From the int4 forms that files and other libraries have.</content>
public sealed partial class QuantizedWeights
{
    private const int Q41BlockBytes = 20;

    /// <summary>Takes GGUF's Q4_0 blocks as they are.</summary>
    /// <param name="outFeatures">Rows (n).</param>
    /// <param name="inFeatures">Values per row (k); a multiple of 32.</param>
    /// <param name="blocks">[n][k/32] blocks of 18 bytes; scales finite.</param>
    /// <exception cref="ArgumentException">A length or a scale is wrong; the message names it.</exception>
    public static QuantizedWeights FromQ4_0(int outFeatures, int inFeatures, ReadOnlySpan<byte> blocks) =>
        new(WeightFormat.Q4_0, outFeatures, inFeatures, blocks);

    /// <summary>
    /// Takes GGUF's Q4_1 blocks, whose value code · d + m is (code - 8) · d + (m + 8 · d): int4 asymmetric in groups of
    /// 32.
    /// </summary>
    /// <param name="outFeatures">Rows (n).</param>
    /// <param name="inFeatures">Values per row (k); a multiple of 32.</param>
    /// <param name="blocks">[n][k/32] blocks of 20 bytes: f16 d, f16 m, 16 bytes of codes as in Q4_0; finite.</param>
    /// <param name="rounding">What to do with a zero m + 8 · d that f32 does not hold.</param>
    /// <exception cref="ArgumentException">
    /// A length or a number is wrong, or a zero is not exact and no rounding was named; the message names it.
    /// </exception>
    public static QuantizedWeights FromQ4_1(
        int outFeatures, int inFeatures, ReadOnlySpan<byte> blocks, Rounding rounding = Rounding.Refuse)
    {
        WeightFormat format = WeightFormat.Int4Asymmetric(32);
        format.EnsureFits(outFeatures, inFeatures);
        int perRow = inFeatures / 32;
        Ensure.HoldsExactly(
            blocks.Length,
            (long)outFeatures * perRow * Q41BlockBytes,
            nameof(blocks),
            $"outFeatures {outFeatures} × {perRow} blocks × {Q41BlockBytes} bytes");
        var codes = new byte[outFeatures * perRow * 16];
        var scales = new float[outFeatures * perRow];
        var zeros = new float[scales.Length];
        for (int i = 0; i < scales.Length; i++)
        {
            ReadOnlySpan<byte> block = blocks.Slice(i * Q41BlockBytes, Q41BlockBytes);
            var step = (float)MemoryMarshal.Read<Half>(block);
            var least = (float)MemoryMarshal.Read<Half>(block[sizeof(ushort)..]);
            if (!float.IsFinite(step) || !float.IsFinite(least))
            {
                throw new ArgumentException(
                    FormattableString.Invariant(
                        $"blocks: d {step} and m {least} of block {i % perRow} of row {i / perRow} must be finite"),
                    nameof(blocks));
            }

            scales[i] = step;
            int index = i;
            zeros[i] = ExactNumbers.ToSingle(
                least + (8.0 * step), rounding, () => $"m + 8 d of block {index % perRow} of row {index / perRow}");
            ReadOnlySpan<byte> halves = block[(2 * sizeof(ushort))..];
            for (int j = 0; j < 16; j += 2)
            {
                codes[(i * 16) + (j / 2)] = (byte)((halves[j] & 15) | ((halves[j + 1] & 15) << 4));
                codes[(i * 16) + 8 + (j / 2)] = (byte)((halves[j] >> 4) | (halves[j + 1] & 0xF0));
            }
        }

        return Adopt(format, outFeatures, inFeatures, codes, scales, zeros);
    }

    /// <summary>
    /// Takes int4 weights (code - zero point) · scale, as AWQ and GPTQ (without act-order) have them: int4 asymmetric
    /// with the zeros (8 - zero point) · scale.
    /// </summary>
    /// <param name="outFeatures">Rows (n).</param>
    /// <param name="inFeatures">Values per row (k); a multiple of the group.</param>
    /// <param name="groupSize">Values along k that share a scale: a multiple of 32 from 32 to 16384.</param>
    /// <param name="codes">[n][k/2] bytes, two codes 0..15 each.</param>
    /// <param name="scales">[n][k/group]; finite.</param>
    /// <param name="zeroPoints">
    /// [n][k/group], 0..16: as GPTQ's first version means them, that is one more than its files hold.
    /// </param>
    /// <param name="order">Which nibble holds the even k.</param>
    /// <param name="rounding">
    /// What to do with a zero that f32 does not hold; f16 and bfloat16 scales never give one.
    /// </param>
    /// <exception cref="ArgumentException">
    /// A length or a number is wrong, or a zero is not exact and no rounding was named; the message names it.
    /// </exception>
    public static QuantizedWeights FromUnsignedCodes(
        int outFeatures,
        int inFeatures,
        int groupSize,
        ReadOnlySpan<byte> codes,
        ReadOnlySpan<float> scales,
        ReadOnlySpan<byte> zeroPoints,
        NibbleOrder order = NibbleOrder.EvenLow,
        Rounding rounding = Rounding.Refuse)
    {
        WeightFormat format = WeightFormat.Int4Asymmetric(groupSize);
        format.EnsureFits(outFeatures, inFeatures);
        int groups = inFeatures / groupSize;
        Ensure.HoldsExactly(
            scales.Length, (long)outFeatures * groups, nameof(scales), $"outFeatures {outFeatures} × {groups} groups");
        Ensure.HoldsExactly(zeroPoints.Length, scales.Length, nameof(zeroPoints), "one for each scale");
        EnsureFinite(scales, groups, nameof(scales));
        int bad = zeroPoints.IndexOfAnyExceptInRange((byte)0, (byte)16);
        if (bad >= 0)
        {
            throw new ArgumentException(
                $"zeroPoints[{bad}] is {zeroPoints[bad]} (row {bad / groups}, group {bad % groups}); they are 0..16",
                nameof(zeroPoints));
        }

        var zeros = new float[scales.Length];
        for (int i = 0; i < zeros.Length; i++)
        {
            int index = i;
            zeros[i] = ExactNumbers.ToSingle(
                (8 - zeroPoints[i]) * (double)scales[i],
                rounding,
                () => $"the zero of group {index % groups} of row {index / groups}");
        }

        return new QuantizedWeights(format, outFeatures, inFeatures, Ordered(codes, order), scales, zeros);
    }

    /// <summary>
    /// Takes int4 weights (code - 8) · scale + zero with zeros in floats, as ATen's int4 and torchao's tinygemm have
    /// them: int4 asymmetric, exactly.
    /// </summary>
    /// <param name="outFeatures">Rows (n).</param>
    /// <param name="inFeatures">Values per row (k); a multiple of the group.</param>
    /// <param name="groupSize">Values along k that share a scale: a multiple of 32 from 32 to 16384.</param>
    /// <param name="codes">[n][k/2] bytes, two codes 0..15 each.</param>
    /// <param name="scales">[n][k/group]; finite.</param>
    /// <param name="zeros">[n][k/group]; finite.</param>
    /// <param name="order">Which nibble holds the even k.</param>
    /// <exception cref="ArgumentException">A length or a number is wrong; the message names it.</exception>
    public static QuantizedWeights FromFloatZeros(
        int outFeatures,
        int inFeatures,
        int groupSize,
        ReadOnlySpan<byte> codes,
        ReadOnlySpan<float> scales,
        ReadOnlySpan<float> zeros,
        NibbleOrder order = NibbleOrder.EvenLow) =>
        new(WeightFormat.Int4Asymmetric(groupSize), outFeatures, inFeatures, Ordered(codes, order), scales, zeros);

    /// <summary>
    /// The same weights with scales that bfloat16 holds, as <see cref="WeightKind.Int4Group"/> needs them for packing.
    /// </summary>
    /// <param name="rounding">What to do with a scale that bfloat16 does not hold.</param>
    /// <exception cref="InvalidOperationException">The weights are of another kind.</exception>
    /// <exception cref="ArgumentException">A scale is not exact, and no rounding was named.</exception>
    public QuantizedWeights WithBFloat16Scales(Rounding rounding)
    {
        if (Format.Kind != WeightKind.Int4Group)
        {
            throw new InvalidOperationException($"Scales of {Format} weights are not bfloat16.");
        }

        var rounded = new float[scales.Length];
        for (int i = 0; i < scales.Length; i++)
        {
            int index = i;
            rounded[i] = ExactNumbers.ToBFloat16(
                scales[i], rounding, () => $"the scale of group {index % ScalesPerRow} of row {index / ScalesPerRow}");
        }

        return Adopt(Format, OutFeatures, InFeatures, codes, rounded, zeros);
    }

    /// <summary>Codes with the even k in the low nibble.</summary>
    internal static byte[] Ordered(ReadOnlySpan<byte> codes, NibbleOrder order)
    {
        byte[] ordered = codes.ToArray();
        for (int i = 0; order == NibbleOrder.EvenHigh && i < ordered.Length; i++)
        {
            ordered[i] = (byte)((ordered[i] >> 4) | (ordered[i] << 4));
        }

        return ordered;
    }
}
