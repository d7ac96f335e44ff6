// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp;

/// <summary>Quantises weights to their portable, logical form.</summary>
public static class Quantizer
{
    /// <summary>
    /// Quantises f32 weights to int4 in groups, symmetric, with bfloat16 scales;
    /// <see cref="ReferenceKernels.QuantizeInt4"/> states the arithmetic.
    /// </summary>
    /// <param name="weights">f32 [outFeatures, inFeatures], row-major; finite.</param>
    /// <param name="outFeatures">Rows (n).</param>
    /// <param name="inFeatures">Values per row (k); a multiple of the group.</param>
    /// <param name="format">An int4 format.</param>
    /// <param name="compute">Where to work; null for <see cref="ComputeContext.Default"/>.</param>
    /// <exception cref="ArgumentException">A length, the format or a weight is wrong; the message names it.</exception>
    public static QuantizedWeights Quantize(
        ReadOnlySpan<float> weights, int outFeatures, int inFeatures, WeightFormat format, ComputeContext? compute = null)
    {
        if (format.Kind != WeightKind.Int4Group)
        {
            throw new ArgumentException($"The format {format} has no codes; weights are quantised to an int4 format.", nameof(format));
        }

        (byte[] codes, ushort[] scales) = ToInt4(weights, outFeatures, inFeatures, format, compute ?? ComputeContext.Default);
        return new QuantizedWeights(format, outFeatures, inFeatures, codes, scales);
    }

    internal static (byte[] Codes, ushort[] Scales) ToInt4(
        ReadOnlySpan<float> weights, int outFeatures, int inFeatures, WeightFormat format, ComputeContext compute)
    {
        format.EnsureFits(outFeatures, inFeatures);
        Ensure.Weights(weights, outFeatures, inFeatures);
        var codes = new byte[weights.Length / 2];
        var scales = new ushort[weights.Length / format.GroupSize];
        compute.Implementation.QuantizeInt4(weights, outFeatures, inFeatures, format.GroupSize, codes, scales);
        return (codes, scales);
    }
}
