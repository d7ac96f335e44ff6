// SPDX-License-Identifier: Apache-2.0
using System.Globalization;
using System.Runtime.InteropServices;

namespace KleidiSharp;

/// <summary>
/// Weights in their portable, logical form: what a file reader gives and a quantiser returns, without any processor in
/// it. Immutable. A weight is code · scale, or with <see cref="WeightKind.Int4Asymmetric"/> code · scale + zero, code
/// being the value that <see cref="WeightKind"/> gives a code.
/// </summary>
public sealed partial class QuantizedWeights
{
    // 2^-40: so products of scales are not subnormal, nor is a sixteenth of a scale rounded.
    private const float SmallestScale = 9.0949470177292824e-13f;

    private readonly byte[] codes;
    private readonly float[] scales;
    private readonly float[] zeros;

    /// <summary>Takes weights as <see cref="WeightKind"/> lays them out; the spans are copied.</summary>
    /// <param name="format">Any format.</param>
    /// <param name="outFeatures">Rows (n).</param>
    /// <param name="inFeatures">Values per row (k), as the format allows.</param>
    /// <param name="codes">n rows of codes, blocks or floats, each a whole number of bytes.</param>
    /// <param name="scales">
    /// [n][k/group], or [n] for formats with one an output feature; finite. Empty for formats without: those of Q4_0 are
    /// in its blocks.
    /// </param>
    /// <param name="zeros">[n][k/group], finite, for <see cref="WeightKind.Int4Asymmetric"/>; else empty.</param>
    /// <exception cref="ArgumentException">A length or a number is not as said; the message says which.</exception>
    public QuantizedWeights(
        WeightFormat format,
        int outFeatures,
        int inFeatures,
        ReadOnlySpan<byte> codes,
        ReadOnlySpan<float> scales = default,
        ReadOnlySpan<float> zeros = default)
    {
        format.EnsureFits(outFeatures, inFeatures);
        FormatTraits traits = format.Traits;
        long rowBytes = traits.RowBytes(inFeatures);
        int groups = traits.ScalesPerRow(inFeatures, format.GroupSize);
        Ensure.HoldsExactly(
            codes.Length, outFeatures * rowBytes, nameof(codes), $"outFeatures {outFeatures} × {rowBytes} bytes of {format}");
        Ensure.HoldsExactly(
            scales.Length, (long)outFeatures * groups, nameof(scales), $"outFeatures {outFeatures} × {groups} of {format}");
        int zerosPerRow = traits.HasZeros ? groups : 0;
        Ensure.HoldsExactly(
            zeros.Length,
            (long)outFeatures * zerosPerRow,
            nameof(zeros),
            $"outFeatures {outFeatures} × {zerosPerRow} of {format}");
        EnsureFinite(scales, groups, nameof(scales));
        EnsureFinite(zeros, groups, nameof(zeros));
        if (format.Kind == WeightKind.Q4_0)
        {
            Ensure.Q4Blocks(codes, outFeatures, inFeatures, nameof(codes));
        }

        Format = format;
        OutFeatures = outFeatures;
        InFeatures = inFeatures;
        this.codes = codes.ToArray();
        this.scales = scales.ToArray();
        this.zeros = zeros.ToArray();
        EnsureFiniteFloats();
        ClearUnusedBits();
    }

    private QuantizedWeights(
        byte[] codes, float[] scales, float[] zeros, WeightFormat format, int outFeatures, int inFeatures)
    {
        Format = format;
        OutFeatures = outFeatures;
        InFeatures = inFeatures;
        this.codes = codes;
        this.scales = scales;
        this.zeros = zeros;
    }

    /// <summary>The format.</summary>
    public WeightFormat Format { get; }

    /// <summary>Rows (n).</summary>
    public int OutFeatures { get; }

    /// <summary>Values per row (k).</summary>
    public int InFeatures { get; }

    /// <summary>n rows of codes, blocks or floats, as <see cref="WeightKind"/> lays them out.</summary>
    public ReadOnlySpan<byte> Codes => codes;

    /// <summary>[n][k/group], or [n]; empty for formats without, and for Q4_0, which has them in its blocks.</summary>
    public ReadOnlySpan<float> Scales => scales;

    /// <summary>[n][k/group]; empty for formats without.</summary>
    public ReadOnlySpan<float> Zeros => zeros;

    internal int ScalesPerRow => Format.Traits.ScalesPerRow(InFeatures, Format.GroupSize);

    /// <summary>Adopts arrays that are as they should be.</summary>
    internal static QuantizedWeights Adopt(
        WeightFormat format, int outFeatures, int inFeatures, byte[] codes, float[] scales, float[] zeros) =>
        new(codes, scales, zeros, format, outFeatures, inFeatures);

    /// <summary>The values these weights stand for: f32 [n, k], each product and sum rounded once.</summary>
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
        for (int row = 0; row < OutFeatures; row++)
        {
            DequantizeRow(row, values.AsSpan(row * InFeatures, InFeatures));
        }

        return values;
    }

    /// <summary>The values that the codes of a row stand for; for formats with codes.</summary>
    internal unsafe void DecodeRow(int row, Span<sbyte> values)
    {
        FormatTraits traits = Format.Traits;
        byte* piece = stackalloc byte[CodeOrder.Piece];
        fixed (byte* rowCodes = RowCodes(row))
        {
            for (int k = 0; k < InFeatures; k += CodeOrder.Piece)
            {
                CodeRow.Read(traits, rowCodes, k, InFeatures, piece);
                for (int i = 0; i < CodeOrder.Piece && k + i < InFeatures; i++)
                {
                    values[k + i] = (sbyte)CodeRow.Value(traits, piece[i]);
                }
            }
        }
    }

    /// <summary>The values of a row; for formats of floats.</summary>
    internal void ReadFloats(int row, Span<float> values) => ActivationRows.Read(
        RowCodes(row),
        Format.Kind switch
        {
            WeightKind.Float16 => ActivationType.Float16,
            WeightKind.BFloat16 => ActivationType.BFloat16,
            _ => ActivationType.Float32,
        },
        values);

    /// <summary>The scale of a group of a row; one of Q4_0 comes from its block.</summary>
    internal float Scale(int row, int group) => Format.Kind == WeightKind.Q4_0
        ? (float)MemoryMarshal.Read<Half>(RowCodes(row)[(group * FormatTraits.Q4BlockBytes)..])
        : scales[(row * ScalesPerRow) + group];

    /// <summary>The zero of a group of a row; 0 for formats without.</summary>
    internal float Zero(int row, int group) => zeros.Length == 0 ? 0 : zeros[(row * ScalesPerRow) + group];

    internal ReadOnlySpan<byte> RowCodes(int row)
    {
        int bytes = (int)Format.Traits.RowBytes(InFeatures);
        return codes.AsSpan(row * bytes, bytes);
    }

    /// <summary>The scales as packed weights hold them, or the reason why that would lose something.</summary>
    internal byte[] ExactScales()
    {
        if (Format.Traits.Scales != ScaleType.BFloat16)
        {
            int small = Array.FindIndex(scales, scale => scale != 0 && MathF.Abs(scale) < SmallestScale);
            return small < 0
                ? MemoryMarshal.AsBytes<float>(scales).ToArray()
                : throw Refused(small, "which is below 2^-40, the least that packed weights hold exactly.");
        }

        var bits = new ushort[scales.Length];
        for (int i = 0; i < bits.Length; i++)
        {
            bits[i] = BFloat16.Round(scales[i]);
            if (!BFloat16.IsExact(scales[i]))
            {
                throw Refused(i, string.Create(
                    CultureInfo.InvariantCulture,
                    $"which no bfloat16 holds: packing would turn it into {BFloat16.ToSingle(bits[i])}. Quantise again with "
                    + $"bfloat16 scales, name a rounding (WithBFloat16Scales), or use LosslessWeights, which finds a format."));
            }
        }

        return MemoryMarshal.AsBytes<ushort>(bits).ToArray();

        ArgumentException Refused(int index, string why) => new(
            string.Create(
                CultureInfo.InvariantCulture,
                $"scales[{index}] is {scales[index]} (row {index / ScalesPerRow}, group {index % ScalesPerRow}), {why}"),
            "weights");
    }

    private void DequantizeRow(int row, Span<float> values)
    {
        if (Format.Traits.IsFloat)
        {
            ReadFloats(row, values);
            return;
        }

        var decoded = new sbyte[InFeatures];
        DecodeRow(row, decoded);
        int group = Format.Kind == WeightKind.Q4_0 ? FormatTraits.Q4BlockValues
            : Format.GroupSize > 0 ? Format.GroupSize
            : InFeatures;
        for (int k = 0; k < values.Length; k++)
        {
            float value = decoded[k] * Scale(row, k / group);
            values[k] = Format.Traits.HasZeros ? value + Zero(row, k / group) : value;
        }
    }

    private static void EnsureFinite(ReadOnlySpan<float> values, int perRow, string name)
    {
        int bad = Ensure.IndexOfNonFinite(values);
        if (bad < values.Length)
        {
            throw new ArgumentException(
                FormattableString.Invariant(
                    $"{name}[{bad}] is {values[bad]} (row {bad / perRow}, group {bad % perRow}); {name} must be finite"),
                name);
        }
    }

    private void EnsureFiniteFloats()
    {
        var values = new float[InFeatures];
        for (int row = 0; Format.Traits.IsFloat && row < OutFeatures; row++)
        {
            ReadFloats(row, values);
            int bad = Ensure.IndexOfNonFinite(values);
            if (bad < values.Length)
            {
                throw new ArgumentException(
                    FormattableString.Invariant($"codes: the weight {values[bad]} (row {row}, column {bad}) must be finite"),
                    "codes");
            }
        }
    }

    // What an odd number of values leaves of a row's last byte.
    private void ClearUnusedBits()
    {
        int rowBytes = (int)Format.Traits.RowBytes(InFeatures);
        if (Format.Kind == WeightKind.Int4Channel && InFeatures % 2 != 0)
        {
            for (int row = 0; row < OutFeatures; row++)
            {
                codes[(row * rowBytes) + rowBytes - 1] &= 15;
            }
        }
    }
}
