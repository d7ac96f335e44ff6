// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp;

/// <content>Packing matrices that are not in memory as a whole.</content>
public sealed unsafe partial class PackedWeights
{
    private const int ValuesAtOnce = 1 << 22;

    /// <summary>
    /// Quantises f32 weights that are read row by row to a format and packs them; with
    /// <see cref="WeightFormat.Float32"/>, packs them as they are. Int4 groups go straight into their packed form, on all
    /// threads of the context; other formats take the codes of the whole matrix in between.
    /// </summary>
    /// <param name="read">Gives rows of [outFeatures, inFeatures]; finite.</param>
    /// <param name="outFeatures">Rows (n).</param>
    /// <param name="inFeatures">Values per row (k); a multiple of the group of an int4 format.</param>
    /// <param name="format">The format to store them in.</param>
    /// <param name="mapping">How scales of <see cref="WeightKind.Int4Group"/> follow from values.</param>
    /// <param name="bias">f32 [outFeatures], finite; or empty for none.</param>
    /// <param name="compute">
    /// Where to work, now and in calls that name no other; null for <see cref="ComputeContext.Default"/>.
    /// </param>
    /// <exception cref="ArgumentException">A length, the group or a value is wrong; the message names it.</exception>
    /// <exception cref="PlatformNotSupportedException">No kernel of the context is left for the format.</exception>
    public static PackedWeights Quantize(
        WeightRowReader<float> read,
        int outFeatures,
        int inFeatures,
        WeightFormat format,
        Int4Mapping mapping = Int4Mapping.Symmetric,
        ReadOnlySpan<float> bias = default,
        ComputeContext? compute = null)
    {
        ArgumentNullException.ThrowIfNull(read);
        format.EnsureFits(outFeatures, inFeatures);
        Ensure.Mapping(mapping, format);
        Ensure.Bias(bias, outFeatures);
        compute ??= ComputeContext.Default;
        PackedShape shape = ShapeFor(format, outFeatures, inFeatures, compute, out KernelInfo kernel);
        if (format.Kind == WeightKind.Int4Group && TakesRows(shape, compute))
        {
            fixed (float* biasFirst = bias)
            {
                return Packed(RowPacking.Quantize(compute.Threads, shape, read, mapping, biasFirst), shape, kernel, compute);
            }
        }

        using var logical = new LogicalWeights(format, outFeatures, inFeatures);
        QuantizeRows(read, shape, mapping, logical.Memory, compute);
        return Pack(format, outFeatures, inFeatures, logical.Memory, bias, compute);
    }

    /// <summary>Packs GGUF's Q4_0 blocks that are read row by row, as they are, on all threads of the context.</summary>
    /// <param name="read">Gives rows of [outFeatures][inFeatures / 32] blocks of 18 bytes; scales finite.</param>
    /// <param name="outFeatures">Rows (n).</param>
    /// <param name="inFeatures">Values per row (k); a multiple of 32.</param>
    /// <param name="bias">f32 [outFeatures], finite; or empty for none.</param>
    /// <param name="compute">
    /// Where to work, now and in calls that name no other; null for <see cref="ComputeContext.Default"/>.
    /// </param>
    /// <exception cref="ArgumentException">A length, a scale or the bias is wrong; the message names it.</exception>
    /// <exception cref="PlatformNotSupportedException">No kernel of the context is left for the format.</exception>
    public static PackedWeights PackQ4_0(
        WeightRowReader<byte> read,
        int outFeatures,
        int inFeatures,
        ReadOnlySpan<float> bias = default,
        ComputeContext? compute = null)
    {
        ArgumentNullException.ThrowIfNull(read);
        WeightFormat.Q4_0.EnsureFits(outFeatures, inFeatures);
        Ensure.Bias(bias, outFeatures);
        compute ??= ComputeContext.Default;
        PackedShape shape = ShapeFor(WeightFormat.Q4_0, outFeatures, inFeatures, compute, out KernelInfo kernel);
        if (TakesRows(shape, compute))
        {
            fixed (float* biasFirst = bias)
            {
                return Packed(RowPacking.PackQ4(compute.Threads, shape, read, biasFirst), shape, kernel, compute);
            }
        }

        using var logical = new LogicalWeights(WeightFormat.Q4_0, outFeatures, inFeatures);
        byte* rows = logical.Memory.Rows;
        int rowBytes = checked((int)shape.RowBytes);
        RowChunks.ForEach(compute.Threads, outFeatures, 1, (begin, end) =>
        {
            for (int row = begin; row < end; row++)
            {
                var blocks = new Span<byte>(rows + ((long)row * rowBytes), rowBytes);
                read(row, blocks);
                Ensure.FiniteQ4Scales(blocks, row, "blocks");
            }
        });
        return Pack(WeightFormat.Q4_0, outFeatures, inFeatures, logical.Memory, bias, compute);
    }

    // A device packs with its own code.
    private static bool TakesRows(in PackedShape shape, ComputeContext compute) =>
        compute.Backend != ComputeBackend.Device && CodePanels.TakesRows(shape.Formula);

    private static void QuantizeRows(
        WeightRowReader<float> read, PackedShape shape, Int4Mapping mapping, WeightMemory to, ComputeContext compute)
    {
        int inFeatures = shape.InFeatures;
        int rowsAtOnce = Math.Clamp(ValuesAtOnce / inFeatures, 1, shape.OutFeatures);
        using var buffer = new LogicalWeights(WeightFormat.Float32, rowsAtOnce, inFeatures);
        float* values = (float*)buffer.Memory.Rows;
        for (int first = 0; first < shape.OutFeatures; first += rowsAtOnce)
        {
            int rows = Math.Min(rowsAtOnce, shape.OutFeatures - first);
            WeightMemory part = to.From(first, shape);
            float* target = shape.Format.Kind == WeightKind.Float32 ? (float*)part.Rows : values;
            int firstRow = first;
            RowChunks.ForEach(compute.Threads, rows, 1, (begin, end) =>
            {
                for (int row = begin; row < end; row++)
                {
                    var one = new Span<float>(target + ((long)row * inFeatures), inFeatures);
                    read(firstRow + row, one);
                    Ensure.FiniteWeights(one, firstRow + row, inFeatures);
                }
            });
            if (mapping == Int4Mapping.FullRange)
            {
                Int4Groups.Quantize(compute.Threads, values, rows, inFeatures, shape.Format.GroupSize, mapping, part);
            }
            else if (shape.Format.Kind != WeightKind.Float32)
            {
                compute.Implementation.Quantize(values, rows, inFeatures, shape.Format, part);
            }
        }
    }
}
