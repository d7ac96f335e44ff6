// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp;

/// <content>Packing and unpacking.</content>
public sealed unsafe partial class PackedWeights
{
    /// <summary>
    /// Quantises f32 weights to a format and packs them; with <see cref="WeightFormat.Float32"/>, packs them as they
    /// are.
    /// </summary>
    /// <param name="weights">f32 [outFeatures, inFeatures], row-major; finite.</param>
    /// <param name="outFeatures">Rows (n).</param>
    /// <param name="inFeatures">Values per row (k); a multiple of the group of an int4 format.</param>
    /// <param name="format">The format to store them in.</param>
    /// <param name="bias">f32 [outFeatures], finite; or empty for none.</param>
    /// <param name="compute">
    /// Where to work, now and in calls that name no other; null for <see cref="ComputeContext.Default"/>.
    /// </param>
    /// <exception cref="ArgumentException">A length, the group or a value is wrong; the message names it.</exception>
    /// <exception cref="PlatformNotSupportedException">No kernel of the context is left for the format.</exception>
    public static PackedWeights Quantize(
        ReadOnlySpan<float> weights,
        int outFeatures,
        int inFeatures,
        WeightFormat format,
        ReadOnlySpan<float> bias = default,
        ComputeContext? compute = null)
    {
        compute ??= ComputeContext.Default;
        format.EnsureFits(outFeatures, inFeatures);
        Ensure.Weights(weights, outFeatures, inFeatures);
        fixed (float* values = weights)
        {
            if (format.Kind == WeightKind.Int4Group)
            {
                float* rows = values;
                return Quantize(Read, outFeatures, inFeatures, format, Int4Mapping.Symmetric, bias, compute);

                void Read(int row, Span<float> to) =>
                    new ReadOnlySpan<float>(rows + ((long)row * inFeatures), to.Length).CopyTo(to);
            }

            if (format.Kind == WeightKind.Float32)
            {
                return Pack(format, outFeatures, inFeatures, new WeightMemory { Rows = (byte*)values }, bias, compute);
            }

            using var logical = new LogicalWeights(format, outFeatures, inFeatures);
            compute.Implementation.Quantize(values, outFeatures, inFeatures, format, logical.Memory);
            return Pack(format, outFeatures, inFeatures, logical.Memory, bias, compute);
        }
    }

    /// <summary>Packs weights that are quantised already, without losing anything.</summary>
    /// <param name="weights">The weights; each scale has to be one that the format holds: a bfloat16 for Int4Group.</param>
    /// <param name="bias">f32 [outFeatures], finite; or empty for none.</param>
    /// <param name="compute">
    /// Where to work, now and in calls that name no other; null for <see cref="ComputeContext.Default"/>.
    /// </param>
    /// <exception cref="ArgumentException">
    /// A scale cannot be packed exactly, or the bias is wrong; the message names the value and what would be lost.
    /// </exception>
    /// <exception cref="PlatformNotSupportedException">No kernel of the context is left for the format.</exception>
    public static PackedWeights Pack(QuantizedWeights weights, ReadOnlySpan<float> bias = default, ComputeContext? compute = null)
    {
        ArgumentNullException.ThrowIfNull(weights);
        fixed (byte* rows = weights.Codes)
        fixed (byte* scales = weights.ExactScales())
        fixed (float* zeros = weights.Zeros)
        {
            var memory = new WeightMemory { Rows = rows, Scales = scales, Zeros = zeros };
            return Pack(
                weights.Format, weights.OutFeatures, weights.InFeatures, memory, bias, compute ?? ComputeContext.Default);
        }
    }

    /// <summary>Packs GGUF's Q4_0 blocks as they are in a file.</summary>
    /// <param name="blocks">[outFeatures][inFeatures / 32] blocks of 18 bytes; scales finite.</param>
    /// <param name="outFeatures">Rows (n).</param>
    /// <param name="inFeatures">Values per row (k); a multiple of 32.</param>
    /// <param name="bias">f32 [outFeatures], finite; or empty for none.</param>
    /// <param name="compute">
    /// Where to work, now and in calls that name no other; null for <see cref="ComputeContext.Default"/>.
    /// </param>
    /// <exception cref="ArgumentException">A length, a scale or the bias is wrong; the message names it.</exception>
    /// <exception cref="PlatformNotSupportedException">No kernel of the context is left for the format.</exception>
    public static PackedWeights PackQ4_0(
        ReadOnlySpan<byte> blocks,
        int outFeatures,
        int inFeatures,
        ReadOnlySpan<float> bias = default,
        ComputeContext? compute = null)
    {
        WeightFormat.Q4_0.EnsureFits(outFeatures, inFeatures);
        Ensure.Q4Blocks(blocks, outFeatures, inFeatures, nameof(blocks));
        int rowBytes = (int)WeightFormat.Q4_0.Traits.RowBytes(inFeatures);
        fixed (byte* first = blocks)
        {
            byte* rows = first;
            return PackQ4_0(Read, outFeatures, inFeatures, bias, compute);

            void Read(int row, Span<byte> to) => new ReadOnlySpan<byte>(rows + ((long)row * rowBytes), to.Length).CopyTo(to);
        }
    }

    /// <summary>
    /// Packs the same weights anew, in the layout that a context prefers or in another that it has kernels for.
    /// </summary>
    /// <param name="compute">
    /// Where to work, now and in calls that name no other; null for <see cref="ComputeContext.Default"/>.
    /// </param>
    /// <param name="layout">The layout to pack in; null for the preferred one.</param>
    /// <exception cref="ArgumentException">The layout is one of another format.</exception>
    /// <exception cref="PlatformNotSupportedException">
    /// No kernels of the context serve the layout for every number of rows.
    /// </exception>
    public PackedWeights Repack(ComputeContext? compute = null, WeightLayout? layout = null)
    {
        compute ??= ComputeContext.Default;
        if (layout is { } wanted && PackedLayout.Find(wanted)?.Kind != Format.Kind)
        {
            throw new ArgumentException($"layout {layout} is not one of {Format} weights.", nameof(layout));
        }

        using LogicalWeights logical = Unpacked();
        var bias = new ReadOnlySpan<float>(logical.Memory.Bias, HasBias ? OutFeatures : 0);
        return Pack(Format, OutFeatures, InFeatures, logical.Memory, bias, compute, layout);
    }

    /// <summary>
    /// The weights exactly as they were packed: codes, blocks or floats as <see cref="WeightKind"/> lays them out.
    /// </summary>
    /// <exception cref="NotSupportedException">There are more bytes of them than an array holds.</exception>
    public QuantizedWeights Unpack()
    {
        using LogicalWeights logical = Unpacked();
        return logical.ToQuantized(Format, OutFeatures, InFeatures);
    }

    /// <summary>
    /// The values these weights stand for, f32 [n, k]: f32 weights exactly as they were packed, others dequantised.
    /// </summary>
    /// <exception cref="NotSupportedException">There are more of them than an array holds.</exception>
    public float[] UnpackValues()
    {
        if (Format.Kind != WeightKind.Float32)
        {
            return Unpack().Dequantize();
        }

        long count = (long)OutFeatures * InFeatures;
        if (count > Array.MaxLength)
        {
            throw new NotSupportedException(
                $"f32 weights [{OutFeatures}, {InFeatures}] are {count} values; an array holds at most {Array.MaxLength}.");
        }

        var values = new float[count];
        using var hold = new BlobHold(this, blob.Memory);
        fixed (float* rows = values)
        {
            PackedPanels.Unpack(blob, new WeightMemory { Rows = (byte*)rows });
        }

        return values;
    }

    /// <summary>The bias, f32 [n], exactly as it was packed; zeros where there was none.</summary>
    public float[] UnpackBias()
    {
        using var hold = new BlobHold(this, blob.Memory);
        var bias = new float[OutFeatures];
        for (int column = 0; column < bias.Length; column++)
        {
            bias[column] = *(float*)(blob.Memory.Address + PackedShape.HeaderSize + blob.Shape.BiasOffset(column));
        }

        return bias;
    }

    private static PackedWeights Pack(
        WeightFormat format,
        int outFeatures,
        int inFeatures,
        WeightMemory weights,
        ReadOnlySpan<float> bias,
        ComputeContext compute,
        WeightLayout? layout = null)
    {
        Ensure.Bias(bias, outFeatures);
        PackedShape shape = ShapeFor(format, outFeatures, inFeatures, compute, out KernelInfo kernel, layout);
        fixed (float* biasFirst = bias)
        {
            var source = new WeightMemory { Rows = weights.Rows, Scales = weights.Scales, Zeros = weights.Zeros, Bias = biasFirst };
            return Packed(compute.Implementation.Pack(shape, source), shape, kernel, compute);
        }
    }

    private static PackedShape ShapeFor(
        WeightFormat format,
        int outFeatures,
        int inFeatures,
        ComputeContext compute,
        out KernelInfo kernel,
        WeightLayout? layout = null)
    {
        kernel = compute.ChooseLayout(format, outFeatures, inFeatures, layout);
        compute.Implementation.VerifyLayout(kernel.Layout);
        return new PackedShape(format, kernel.Layout, outFeatures, inFeatures, kernel.VectorBytes);
    }

    private static PackedWeights Packed(BlobMemory memory, in PackedShape shape, KernelInfo kernel, ComputeContext compute)
    {
        Log.Packed(compute.Logger, shape.Format, shape.OutFeatures, shape.InFeatures, shape.Layout, kernel.Name);
        Metrics.Packed(shape.BlobBytes, shape.Format);
        return new PackedWeights(BlobHeader.Read(memory, "the packed blob", verify: false), compute);
    }

    private LogicalWeights Unpacked()
    {
        using var hold = new BlobHold(this, blob.Memory);
        return LogicalWeights.From(blob);
    }
}
