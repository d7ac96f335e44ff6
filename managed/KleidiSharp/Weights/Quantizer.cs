// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp;

/// <summary>Quantises weights to their portable, logical form.</summary>
public static class Quantizer
{
    /// <summary>Quantises f32 weights to int4 in groups, with bfloat16 scales.</summary>
    /// <param name="weights">f32 [outFeatures, inFeatures], row-major; finite.</param>
    /// <param name="outFeatures">Rows (n).</param>
    /// <param name="inFeatures">Values per row (k); a multiple of the group.</param>
    /// <param name="format">An int4 format.</param>
    /// <param name="mapping">
    /// How scales follow from values; <see cref="ReferenceKernels.QuantizeInt4"/> states the symmetric one.
    /// </param>
    /// <param name="compute">Where to work; null for <see cref="ComputeContext.Default"/>.</param>
    /// <exception cref="ArgumentException">A length, the format or a weight is wrong; the message names it.</exception>
    public static QuantizedWeights Quantize(
        ReadOnlySpan<float> weights,
        int outFeatures,
        int inFeatures,
        WeightFormat format,
        Int4Mapping mapping = Int4Mapping.Symmetric,
        ComputeContext? compute = null)
    {
        if (format.Kind != WeightKind.Int4Group)
        {
            throw new ArgumentException(
                $"The format {format} has no codes; weights are quantised to an int4 format.", nameof(format));
        }

        (byte[] codes, ushort[] scales) = ToInt4(
            weights, outFeatures, inFeatures, format, mapping, compute ?? ComputeContext.Default);
        return new QuantizedWeights(format, outFeatures, inFeatures, codes, scales);
    }

    internal static (byte[] Codes, ushort[] Scales) ToInt4(
        ReadOnlySpan<float> weights,
        int outFeatures,
        int inFeatures,
        WeightFormat format,
        Int4Mapping mapping,
        ComputeContext compute)
    {
        format.EnsureFits(outFeatures, inFeatures);
        Ensure.Weights(weights, outFeatures, inFeatures);
        var codes = new byte[weights.Length / 2];
        var scales = new ushort[weights.Length / format.GroupSize];
        switch (mapping)
        {
            case Int4Mapping.Symmetric:
                compute.Implementation.QuantizeInt4(weights, outFeatures, inFeatures, format.GroupSize, codes, scales);
                break;
            case Int4Mapping.FullRange:
                RowChunks.ForEachGroup(
                    compute.Threads, weights, outFeatures, format.GroupSize, codes, scales, FullRangeInt4.QuantizeGroup);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(mapping), mapping, "mapping must be Symmetric or FullRange.");
        }

        return (codes, scales);
    }
}
