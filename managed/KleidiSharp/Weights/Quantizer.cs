// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp;

/// <summary>Quantises weights to their portable, logical form.</summary>
public static unsafe class Quantizer
{
    /// <summary>Quantises f32 weights to a format; f16 and bf16 round them.</summary>
    /// <param name="weights">f32 [outFeatures, inFeatures], row-major; finite.</param>
    /// <param name="outFeatures">Rows (n).</param>
    /// <param name="inFeatures">Values per row (k), as the format allows.</param>
    /// <param name="format">Any format; f32 leaves weights as they are.</param>
    /// <param name="mapping">
    /// How scales of <see cref="WeightKind.Int4Group"/> follow from values; <see cref="ReferenceKernels.Quantize"/>
    /// states the symmetric one, and those of the other formats.
    /// </param>
    /// <param name="compute">Where to work; null for <see cref="ComputeContext.Default"/>.</param>
    /// <exception cref="ArgumentException">
    /// A length, the format, the mapping or a weight is wrong; the message names it.
    /// </exception>
    public static QuantizedWeights Quantize(
        ReadOnlySpan<float> weights,
        int outFeatures,
        int inFeatures,
        WeightFormat format,
        Int4Mapping mapping = Int4Mapping.Symmetric,
        ComputeContext? compute = null)
    {
        format.EnsureFits(outFeatures, inFeatures);
        Ensure.Weights(weights, outFeatures, inFeatures);
        Ensure.Mapping(mapping, format);
        compute ??= ComputeContext.Default;
        if (format.Kind == WeightKind.Float32)
        {
            return ReferenceKernels.Quantize(weights, outFeatures, inFeatures, format);
        }

        using var logical = new LogicalWeights(format, outFeatures, inFeatures);
        fixed (float* values = weights)
        {
            if (mapping == Int4Mapping.FullRange)
            {
                Int4Groups.Quantize(
                    compute.Threads, values, outFeatures, inFeatures, format.GroupSize, mapping, logical.Memory);
            }
            else
            {
                compute.Implementation.Quantize(values, outFeatures, inFeatures, format, logical.Memory);
            }
        }

        return logical.ToQuantized(format, outFeatures, inFeatures);
    }
}
