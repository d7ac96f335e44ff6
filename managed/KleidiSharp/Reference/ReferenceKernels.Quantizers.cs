// SPDX-License-Identifier: Apache-2.0
using System.Runtime.InteropServices;

namespace KleidiSharp;

/// <content>How f32 weights become codes; ks_quantize() in kleidisharp.h states the same.</content>
public static partial class ReferenceKernels
{
    // 2^-40: see ks_pack_args.
    private const float SmallestScale = 9.0949470177292824e-13f;

    /// <summary>
    /// Quantises weights to a format. With a the largest magnitude of an output feature or group, and rounding to
    /// nearest, ties to even:
    /// <list type="bullet">
    /// <item>Int4Group: scale = max(a / 7.5, smallest normal) as bfloat16; code = clamp(round(w · (1 / scale)), -8, 7),
    /// as torchao does with MappingType.SYMMETRIC: codes come from the scale that was rounded already.</item>
    /// <item>Int4Channel, Int8Channel, Int2Channel: scale = max(a / 7.5, a / 127.5 or a / 1.5, 2^-40); codes clamped to
    /// -8..7, -128..127 or -2..1.</item>
    /// <item>Q4_0: m = the weight of largest magnitude, the first among equals; d = m / -8, stored as f16; code =
    /// min(15, trunc(w · (1 / d) + 8.5)), or 8 where d is 0 or 1 / d infinite, as ggml's reference.</item>
    /// <item>Int4Asymmetric: scale = max((hi - lo) / 15, 2^-40), zero = lo + scale · 8, code = clamp(round((w - (zero -
    /// scale · 8)) / scale), 0, 15), as ATen's int4 with a zero in floats.</item>
    /// <item>Float16, BFloat16: nearest, ties to even.</item>
    /// </list>
    /// </summary>
    /// <param name="weights">f32 [outFeatures, inFeatures]; finite.</param>
    /// <param name="outFeatures">Rows (n).</param>
    /// <param name="inFeatures">Values per row (k).</param>
    /// <param name="format">The format.</param>
    /// <exception cref="ArgumentException">
    /// A length does not fit the shape, a weight is not finite, or it, a scale or a zero exceeds what the format holds.
    /// </exception>
    public static unsafe QuantizedWeights Quantize(
        ReadOnlySpan<float> weights, int outFeatures, int inFeatures, WeightFormat format)
    {
        format.EnsureFits(outFeatures, inFeatures);
        Ensure.Weights(weights, outFeatures, inFeatures);
        using var logical = new LogicalWeights(format, outFeatures, inFeatures);
        fixed (float* w = weights)
        {
            QuantizeRows(format, inFeatures, w, 0, outFeatures, logical.Memory);
        }

        return logical.ToQuantized(format, outFeatures, inFeatures);
    }

    /// <summary>Quantises rows of a matrix that is finite.</summary>
    internal static unsafe void QuantizeRows(
        WeightFormat format, int inFeatures, float* weights, int begin, int end, WeightMemory to)
    {
        FormatTraits traits = format.Traits;
        long rowBytes = traits.RowBytes(inFeatures);
        int groups = traits.ScalesPerRow(inFeatures, format.GroupSize);
        int group = traits.IsGrouped ? format.GroupSize : format.Kind == WeightKind.Q4_0 ? 32 : inFeatures;
        byte* codes = stackalloc byte[CodeOrder.Piece];
        for (long row = begin; row < end; row++)
        {
            var values = new ReadOnlySpan<float>(weights + (row * inFeatures), inFeatures);
            byte* rowCodes = to.Rows + (row * rowBytes);
            if (traits.IsFloat)
            {
                RoundRow(format.Kind, values, row, new Span<byte>(rowCodes, (int)rowBytes));
                continue;
            }

            for (int start = 0; start < inFeatures; start += group)
            {
                long index = (row * groups) + (start / group);
                GroupQuantizer quantizer = new(format.Kind, values.Slice(start, group));
                if (!quantizer.IsFinite)
                {
                    throw OutOfRange(format, row, start, values[start]);
                }

                quantizer.Store(index, rowCodes, start, to);
                for (int k = start; k < start + group; k += CodeOrder.Piece)
                {
                    for (int i = 0; i < CodeOrder.Piece && k + i < start + group; i++)
                    {
                        codes[i] = (byte)quantizer.Code(values[k + i]);
                    }

                    CodeRow.Write(traits, codes, k, inFeatures, rowCodes);
                }
            }
        }
    }

    private static void RoundRow(WeightKind kind, ReadOnlySpan<float> values, long row, Span<byte> rounded)
    {
        if (kind == WeightKind.Float32)
        {
            MemoryMarshal.AsBytes(values).CopyTo(rounded);
            return;
        }

        Span<ushort> bits = MemoryMarshal.Cast<byte, ushort>(rounded);
        for (int k = 0; k < values.Length; k++)
        {
            bits[k] = kind == WeightKind.Float16 ? BitConverter.HalfToUInt16Bits((Half)values[k]) : BFloat16.Round(values[k]);
            bool finite = kind == WeightKind.Float16
                ? Half.IsFinite(BitConverter.UInt16BitsToHalf(bits[k]))
                : float.IsFinite(BFloat16.ToSingle(bits[k]));
            if (!finite)
            {
                throw OutOfRange(kind == WeightKind.Float16 ? WeightFormat.Float16 : WeightFormat.BFloat16, row, k, values[k]);
            }
        }
    }

    private static ArgumentException OutOfRange(WeightFormat format, long row, int column, float value) => new(
        FormattableString.Invariant(
            $"weights: row {row}, from column {column} on ({value}), exceed what {format} weights hold"));

    // What the weights of a group, or of an output feature, have in common.
    private readonly ref struct GroupQuantizer
    {
        private readonly WeightKind kind;
        private readonly float scale;
        private readonly float steps;
        private readonly float zero;

        public GroupQuantizer(WeightKind kind, ReadOnlySpan<float> values)
        {
            this.kind = kind;
            float lo = values[0];
            float hi = values[0];
            float first = values[0];
            foreach (float value in values)
            {
                lo = MathF.Min(lo, value);
                hi = MathF.Max(hi, value);
                first = MathF.Abs(value) > MathF.Abs(first) ? value : first;
            }

            float largest = MathF.Abs(first);
            IsFinite = true;
            switch (kind)
            {
                case WeightKind.Int4Group:
                    scale = BFloat16.ToSingle(BFloat16.Round(MathF.Max(largest / 7.5f, SmallestNormal)));
                    break;
                case WeightKind.Q4_0:
                    scale = first / -8;
                    steps = scale == 0 || float.IsInfinity(1 / scale) ? 0 : 1 / scale;
                    IsFinite = Half.IsFinite((Half)scale);
                    return;
                case WeightKind.Int4Asymmetric:
                    scale = MathF.Max((hi - lo) / 15, SmallestScale);
                    zero = lo + (scale * 8);
                    IsFinite = float.IsFinite(scale) && float.IsFinite(zero);
                    return;
                default:
                    float half = kind switch { WeightKind.Int4Channel => 7.5f, WeightKind.Int8Channel => 127.5f, _ => 1.5f };
                    scale = MathF.Max(largest / half, SmallestScale);
                    break;
            }

            steps = 1 / scale;
        }

        public bool IsFinite { get; }

        public int Code(float value) => kind switch
        {
            WeightKind.Q4_0 => Math.Min(15, (int)((value * steps) + 8.5f)),
            WeightKind.Int4Asymmetric => (int)Math.Clamp(Rounded((value - (zero - (scale * 8))) / scale), 0, 15),
            WeightKind.Int8Channel => (int)Math.Clamp(Rounded(value * steps), -128, 127),
            WeightKind.Int2Channel => (int)Math.Clamp(Rounded(value * steps), -2, 1) + 2,
            _ => (int)Math.Clamp(Rounded(value * steps), -8, 7) + 8,
        };

        /// <summary>Writes the scale, and the zero where there is one.</summary>
        public unsafe void Store(long index, byte* rowCodes, int k, WeightMemory to)
        {
            switch (kind)
            {
                case WeightKind.Int4Group:
                    ((ushort*)to.Scales)[index] = BFloat16.Round(scale);
                    break;
                case WeightKind.Q4_0:
                    *(Half*)CodeRow.BlockOf(rowCodes, k) = (Half)scale;
                    break;
                default:
                    ((float*)to.Scales)[index] = scale;
                    break;
            }

            if (kind == WeightKind.Int4Asymmetric)
            {
                to.Zeros[index] = zero;
            }
        }

        private static float Rounded(float value) => MathF.Round(value, MidpointRounding.ToEven);
    }
}
