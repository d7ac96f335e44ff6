// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp;

/// <content>From codes as other libraries hold them.</content>
public sealed partial class QuantizedWeights
{
    /// <summary>Takes weights whose codes are signed, one to a byte.</summary>
    /// <param name="format">A format with codes.</param>
    /// <param name="outFeatures">Rows (n).</param>
    /// <param name="inFeatures">Values per row (k), as the format allows.</param>
    /// <param name="codes">[n][k]; -8..7 for int4, -128..127 for int8, -2..1 for int2; value code · scale (+ zero).</param>
    /// <param name="scales">[n][k/group], or [n]; finite.</param>
    /// <param name="zeros">[n][k/group], finite, for <see cref="WeightKind.Int4Asymmetric"/>; else empty.</param>
    /// <exception cref="ArgumentException">
    /// The format, a length, a code or a scale is not as said; the message says which.
    /// </exception>
    public static QuantizedWeights FromSignedCodes(
        WeightFormat format,
        int outFeatures,
        int inFeatures,
        ReadOnlySpan<sbyte> codes,
        ReadOnlySpan<float> scales,
        ReadOnlySpan<float> zeros = default)
    {
        FormatTraits traits = format.Traits;
        if (traits.IsFloat || format.Kind == WeightKind.Q4_0)
        {
            throw new ArgumentException($"The format {format} does not take separate codes and scales.", nameof(format));
        }

        format.EnsureFits(outFeatures, inFeatures);
        Ensure.HoldsExactly(
            codes.Length, (long)outFeatures * inFeatures, nameof(codes), $"outFeatures {outFeatures} × inFeatures {inFeatures}");
        int least = -(1 << (traits.Bits - 1));
        int bad = codes.IndexOfAnyExceptInRange((sbyte)least, (sbyte)(-1 - least));
        if (bad >= 0)
        {
            throw new ArgumentException(
                $"codes[{bad}] is {codes[bad]} (row {bad / inFeatures}, column {bad % inFeatures}); "
                + $"int{traits.Bits} codes are {least}..{-1 - least}",
                nameof(codes));
        }

        return new QuantizedWeights(format, outFeatures, inFeatures, PackRows(traits, codes, inFeatures), scales, zeros);
    }

    private static byte[] PackRows(FormatTraits traits, ReadOnlySpan<sbyte> values, int inFeatures)
    {
        int perByte = 8 / traits.Bits;
        int rowBytes = (int)traits.RowBytes(inFeatures);
        var packed = new byte[values.Length / inFeatures * rowBytes];
        for (int i = 0; i < values.Length; i++)
        {
            int k = i % inFeatures;
            int code = (byte)(values[i] + traits.ZeroCode);
            packed[(i / inFeatures * rowBytes) + (k / perByte)] |= (byte)(code << (k % perByte * traits.Bits));
        }

        return packed;
    }
}
