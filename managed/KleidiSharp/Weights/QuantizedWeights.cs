// SPDX-License-Identifier: Apache-2.0
using System.Globalization;

namespace KleidiSharp;

/// <summary>
/// Quantised weights in their portable, logical form: what a file reader gives and a quantiser returns, without any
/// processor in it. Immutable.
/// </summary>
public sealed class QuantizedWeights
{
    private readonly byte[] codes;
    private readonly float[] scales;

    /// <summary>Takes weights that are quantised already; the spans are copied.</summary>
    /// <param name="format">An int4 format.</param>
    /// <param name="outFeatures">Rows (n).</param>
    /// <param name="inFeatures">Values per row (k); a multiple of the group.</param>
    /// <param name="codes">[n][k/2] bytes, the even k in the low nibble; 0..15, value (code - 8) * scale.</param>
    /// <param name="scales">[n][k/group]; finite.</param>
    /// <exception cref="ArgumentException">
    /// The format, a length or a scale is not as said; the message says which.
    /// </exception>
    public QuantizedWeights(
        WeightFormat format, int outFeatures, int inFeatures, ReadOnlySpan<byte> codes, ReadOnlySpan<float> scales)
    {
        RequireInt4(format);
        format.EnsureFits(outFeatures, inFeatures);
        long groups = inFeatures / format.GroupSize;
        Ensure.HoldsExactly(
            codes.Length,
            (long)outFeatures * inFeatures / 2,
            nameof(codes),
            $"outFeatures {outFeatures} × inFeatures {inFeatures} / 2");
        Ensure.HoldsExactly(scales.Length, outFeatures * groups, nameof(scales), $"outFeatures {outFeatures} × {groups} groups");
        int bad = Ensure.IndexOfNonFinite(scales);
        if (bad < scales.Length)
        {
            throw new ArgumentException(
                FormattableString.Invariant(
                    $"scales[{bad}] is {scales[bad]} (row {bad / groups}, group {bad % groups}); scales must be finite"),
                nameof(scales));
        }

        Format = format;
        OutFeatures = outFeatures;
        InFeatures = inFeatures;
        this.codes = codes.ToArray();
        this.scales = scales.ToArray();
    }

    // Adopts arrays of the right lengths.
    internal QuantizedWeights(WeightFormat format, int outFeatures, int inFeatures, byte[] codes, ushort[] bfloat16Scales)
    {
        Format = format;
        OutFeatures = outFeatures;
        InFeatures = inFeatures;
        this.codes = codes;
        scales = Array.ConvertAll(bfloat16Scales, BFloat16.ToSingle);
    }

    /// <summary>The format.</summary>
    public WeightFormat Format { get; }

    /// <summary>Rows (n).</summary>
    public int OutFeatures { get; }

    /// <summary>Values per row (k).</summary>
    public int InFeatures { get; }

    /// <summary>[n][k/2] bytes, the even k in the low nibble; 0..15, value (code - 8) * scale.</summary>
    public ReadOnlySpan<byte> Codes => codes;

    /// <summary>[n][k/group].</summary>
    public ReadOnlySpan<float> Scales => scales;

    /// <summary>Takes weights whose codes are signed, one to a byte.</summary>
    /// <param name="format">An int4 format.</param>
    /// <param name="outFeatures">Rows (n).</param>
    /// <param name="inFeatures">Values per row (k); a multiple of the group.</param>
    /// <param name="codes">[n][k], -8..7; value code * scale.</param>
    /// <param name="scales">[n][k/group]; finite.</param>
    /// <exception cref="ArgumentException">
    /// The format, a length, a code or a scale is not as said; the message says which.
    /// </exception>
    public static QuantizedWeights FromSignedCodes(
        WeightFormat format, int outFeatures, int inFeatures, ReadOnlySpan<sbyte> codes, ReadOnlySpan<float> scales)
    {
        RequireInt4(format);
        format.EnsureFits(outFeatures, inFeatures);
        Ensure.HoldsExactly(
            codes.Length, (long)outFeatures * inFeatures, nameof(codes), $"outFeatures {outFeatures} × inFeatures {inFeatures}");
        int bad = codes.IndexOfAnyExceptInRange((sbyte)-8, (sbyte)7);
        if (bad >= 0)
        {
            throw new ArgumentException(
                $"codes[{bad}] is {codes[bad]} (row {bad / inFeatures}, column {bad % inFeatures}); int4 codes are -8..7",
                nameof(codes));
        }

        var packed = new byte[codes.Length / 2];
        for (int i = 0; i < packed.Length; i++)
        {
            packed[i] = (byte)((codes[2 * i] + 8) | ((codes[(2 * i) + 1] + 8) << 4));
        }

        return new QuantizedWeights(format, outFeatures, inFeatures, packed, scales);
    }

    /// <summary>The values these weights stand for: f32 [n, k], (code - 8) * scale.</summary>
    /// <exception cref="NotSupportedException">There are more of them than an array holds.</exception>
    public float[] Dequantize()
    {
        long count = (long)OutFeatures * InFeatures;
        if (count > Array.MaxLength)
        {
            throw new NotSupportedException(
                $"outFeatures {OutFeatures} × inFeatures {InFeatures} are {count} values; "
                + $"an array holds at most {Array.MaxLength}.");
        }

        var values = new float[count];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = (PackedLayout.Code(codes, i) - 8) * scales[i / Format.GroupSize];
        }

        return values;
    }

    internal ReadOnlySpan<byte> RowCodes(int row) => codes.AsSpan(row * (InFeatures / 2), InFeatures / 2);

    internal ReadOnlySpan<float> RowScales(int row)
    {
        int groups = InFeatures / Format.GroupSize;
        return scales.AsSpan(row * groups, groups);
    }

    /// <summary>The scales as bfloat16 bits, or the reason why that would lose something.</summary>
    internal ushort[] ExactBFloat16Scales()
    {
        var bits = new ushort[scales.Length];
        for (int i = 0; i < bits.Length; i++)
        {
            bits[i] = BFloat16.Round(scales[i]);
            if (!BFloat16.IsExact(scales[i]))
            {
                int groups = InFeatures / Format.GroupSize;
                throw new ArgumentException(
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"scales[{i}] is {scales[i]} (row {i / groups}, group {i % groups}), which no bfloat16 holds: packing " +
                        $"would turn it into {BFloat16.ToSingle(bits[i])}. Quantise again with bfloat16 scales, or round the " +
                        $"scales yourself."),
                    "weights");
            }
        }

        return bits;
    }

    private static void RequireInt4(WeightFormat format)
    {
        if (format.Kind != WeightKind.Int4Group)
        {
            throw new ArgumentException(
                $"The format {format} has no codes; quantised weights are of an int4 format.", nameof(format));
        }
    }
}
