// SPDX-License-Identifier: Apache-2.0
using System.Numerics.Tensors;
using System.Runtime.InteropServices;

namespace KleidiSharp;

/// <summary>
/// A weight matrix, with its bias, in the order of bytes that the kernels of a processor read. Packed once, multiplied
/// by ever after: from any number of threads, without allocating. Holds native memory or a mapped file: dispose of it;
/// calls that are under way on other threads finish first.
/// </summary>
public sealed class PackedWeights : IDisposable
{
    private readonly PackedBlob blob;
    private readonly ComputeContext context;

    private PackedWeights(PackedBlob blob, ComputeContext context)
    {
        this.blob = blob;
        this.context = context;
    }

    /// <summary>Rows of the matrix (n): values in a row of y.</summary>
    public int OutFeatures => blob.Shape.OutFeatures;

    /// <summary>Values in a row of the matrix (k) and of x.</summary>
    public int InFeatures => blob.Shape.InFeatures;

    /// <summary>The number format.</summary>
    public WeightFormat Format => blob.Shape.Format;

    /// <summary>The order of bytes, chosen for the processor of the context.</summary>
    public WeightLayout Layout => blob.Shape.Layout;

    /// <summary>Bytes of the packed form, in memory and in a file.</summary>
    public long ByteSize => blob.Shape.BlobBytes;

    /// <summary>Whether a bias was packed of which a bit is set.</summary>
    public bool HasBias => blob.HasBias;

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
        if (format.Kind == WeightKind.Float32)
        {
            format.EnsureFits(outFeatures, inFeatures);
            Ensure.Weights(weights, outFeatures, inFeatures);
            return Pack(format, outFeatures, inFeatures, new PackSource { Values = weights, Bias = bias }, compute);
        }

        (byte[] codes, ushort[] scales) = Quantizer.ToInt4(
            weights, outFeatures, inFeatures, format, Int4Mapping.Symmetric, compute);
        return Pack(format, outFeatures, inFeatures, new PackSource { Codes = codes, Scales = scales, Bias = bias }, compute);
    }

    /// <summary>Packs weights that are quantised already, without losing anything.</summary>
    /// <param name="weights">The weights; each scale has to be a bfloat16.</param>
    /// <param name="bias">f32 [outFeatures], finite; or empty for none.</param>
    /// <param name="compute">
    /// Where to work, now and in calls that name no other; null for <see cref="ComputeContext.Default"/>.
    /// </param>
    /// <exception cref="ArgumentException">
    /// A scale is no bfloat16, or the bias is wrong; the message names the value and what would be lost.
    /// </exception>
    /// <exception cref="PlatformNotSupportedException">No kernel of the context is left for the format.</exception>
    public static PackedWeights Pack(QuantizedWeights weights, ReadOnlySpan<float> bias = default, ComputeContext? compute = null)
    {
        ArgumentNullException.ThrowIfNull(weights);
        var source = new PackSource { Codes = weights.Codes, Scales = weights.ExactBFloat16Scales(), Bias = bias };
        return Pack(weights.Format, weights.OutFeatures, weights.InFeatures, source, compute ?? ComputeContext.Default);
    }

    /// <summary>
    /// Opens a file that <see cref="Save"/> wrote, memory-mapped: nothing is copied, and processes share the memory.
    /// The file must not be changed while it is open; replacing it, as Save does, is fine.
    /// </summary>
    /// <param name="path">The file.</param>
    /// <param name="verifyChecksum">Whether to compare the checksum of the weights, which reads them all.</param>
    /// <param name="compute">
    /// Where calls that name no other work; null for <see cref="ComputeContext.Default"/>.
    /// </param>
    /// <exception cref="InvalidDataException">
    /// The file is truncated, corrupt, of another version or something else.
    /// </exception>
    /// <exception cref="PlatformNotSupportedException">
    /// No kernel of the context reads its layout; <see cref="Load"/> converts it.
    /// </exception>
    public static PackedWeights Map(string path, bool verifyChecksum = true, ComputeContext? compute = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        compute ??= ComputeContext.Default;
        PackedBlob blob = PackedFile.Map(path, verifyChecksum);
        try
        {
            RequireLayout(blob.Shape, path, compute);
            return new PackedWeights(blob, compute);
        }
        catch
        {
            blob.Memory.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Opens a file that <see cref="Save"/> wrote on any machine: mapped where its layout is the one this context
    /// packs, else converted in memory.
    /// </summary>
    /// <param name="path">The file.</param>
    /// <param name="verifyChecksum">Whether to compare the checksum of the weights, which reads them all.</param>
    /// <param name="compute">
    /// Where to work, now and in calls that name no other; null for <see cref="ComputeContext.Default"/>.
    /// </param>
    /// <exception cref="InvalidDataException">
    /// The file is truncated, corrupt, of another version or something else.
    /// </exception>
    /// <exception cref="PlatformNotSupportedException">No kernel of the context is left for the format.</exception>
    public static PackedWeights Load(string path, bool verifyChecksum = true, ComputeContext? compute = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        compute ??= ComputeContext.Default;
        var mapped = new PackedWeights(PackedFile.Map(path, verifyChecksum), compute);
        try
        {
            if (mapped.Layout == compute.Choose(mapped.Format, null, 0, out _).Layout)
            {
                compute.Implementation.VerifyLayout(mapped.Layout);
                return mapped;
            }

            using (mapped)
            {
                return mapped.Repack(compute);
            }
        }
        catch
        {
            mapped.Dispose();
            throw;
        }
    }

    /// <summary>Writes the packed form to a file, whole or not at all; an older file is replaced.</summary>
    /// <param name="path">The file.</param>
    public void Save(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        using var hold = new BlobHold(this, blob.Memory);
        PackedFile.Save(blob, path);
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
        if (layout is not null && (layout == WeightLayout.Float32N16) != (Format.Kind == WeightKind.Float32))
        {
            throw new ArgumentException($"layout {layout} is not one of {Format} weights.", nameof(layout));
        }

        UnpackedWeights logical = Unpacked();
        var source = new PackSource
        {
            Values = logical.Values,
            Codes = logical.Codes,
            Scales = logical.Scales,
            Bias = logical.Bias,
        };
        return Pack(Format, OutFeatures, InFeatures, source, compute, layout);
    }

    /// <summary>The quantised weights, exactly as they were packed.</summary>
    /// <exception cref="InvalidOperationException">
    /// The weights are f32; <see cref="UnpackValues"/> gives those.
    /// </exception>
    public QuantizedWeights Unpack()
    {
        if (Format.Kind == WeightKind.Float32)
        {
            throw new InvalidOperationException("These weights are f32 and have no codes; UnpackValues gives their values.");
        }

        UnpackedWeights logical = Unpacked();
        return new QuantizedWeights(Format, OutFeatures, InFeatures, logical.Codes, logical.Scales);
    }

    /// <summary>
    /// The values these weights stand for, f32 [n, k]: f32 weights exactly as they were packed, int4 weights
    /// dequantised.
    /// </summary>
    public float[] UnpackValues() => Format.Kind == WeightKind.Float32 ? Unpacked().Values : Unpack().Dequantize();

    /// <summary>The bias, f32 [n], exactly as it was packed; zeros where there was none.</summary>
    public float[] UnpackBias() => Unpacked().Bias;

    /// <summary>y[rows, n] = clamp(x[rows, k] · wᵀ + bias), both dense and row-major.</summary>
    /// <param name="x">Activations, at least rows · k values. A row that is not finite gives a row of NaN.</param>
    /// <param name="y">Receives rows · n results; must not overlap x.</param>
    /// <param name="rows">Rows of x and y (m).</param>
    /// <param name="clamp">The range to which results are cut.</param>
    /// <param name="compute">Where to work; null for the context that the weights were packed or opened with.</param>
    /// <exception cref="ArgumentException">A span is too short, or they overlap.</exception>
    public void MatMul(ReadOnlySpan<float> x, Span<float> y, int rows, Clamp clamp = default, ComputeContext? compute = null)
    {
        Ensure.MatMul(x, y, rows, OutFeatures, InFeatures);
        Multiply(x[..(rows * InFeatures)], InFeatures, y[..(rows * OutFeatures)], OutFeatures, rows, clamp, compute ?? context);
    }

    /// <summary>y = clamp(x · wᵀ + bias) over tensors whose rows may be apart.</summary>
    /// <param name="x">Activations [m, k], dense along k. A row that is not finite gives a row of NaN.</param>
    /// <param name="y">Receives [m, n], dense along n; its memory must not overlap that of x.</param>
    /// <param name="clamp">The range to which results are cut.</param>
    /// <param name="compute">Where to work; null for the context that the weights were packed or opened with.</param>
    /// <exception cref="ArgumentException">A shape or stride does not fit; the message gives the sizes.</exception>
    public void MatMul(
        in ReadOnlyTensorSpan<float> x, in TensorSpan<float> y, Clamp clamp = default, ComputeContext? compute = null)
    {
        TensorMatrix.Check(nameof(x), x.Lengths, x.Strides, InFeatures, nameof(InFeatures));
        TensorMatrix.Check(nameof(y), y.Lengths, y.Strides, OutFeatures, nameof(OutFeatures));
        if (x.Lengths[0] != y.Lengths[0])
        {
            throw new ArgumentException($"x has {x.Lengths[0]} rows, y has {y.Lengths[0]}; they must be as many.", nameof(y));
        }

        if (x.Lengths[0] == 0)
        {
            Multiply([], InFeatures, [], OutFeatures, 0, clamp, compute ?? context);
            return;
        }

        nint xStride = TensorMatrix.RowStride(x.Lengths, x.Strides);
        nint yStride = TensorMatrix.RowStride(y.Lengths, y.Strides);
        ReadOnlySpan<float> xSpan = MemoryMarshal.CreateReadOnlySpan(
            in x.GetPinnableReference(), TensorMatrix.SpanLength(nameof(x), x.Lengths, xStride));
        Span<float> ySpan = MemoryMarshal.CreateSpan(
            ref y.GetPinnableReference(), TensorMatrix.SpanLength(nameof(y), y.Lengths, yStride));
        Multiply(xSpan, xStride, ySpan, yStride, (int)x.Lengths[0], clamp, compute ?? context);
    }

    /// <summary>Says which kernel multiplies that many rows, and why not another.</summary>
    /// <param name="rows">Rows of x (m), at least 1.</param>
    /// <param name="compute">Where to work; null for the context that the weights were packed or opened with.</param>
    public KernelChoice KernelFor(int rows, ComputeContext? compute = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(rows, 1);
        ObjectDisposedException.ThrowIf(blob.Memory.IsClosed, this);
        KernelInfo kernel = (compute ?? context).Choose(Format, Layout, rows, out List<KernelRejection> rejected);
        return new KernelChoice(Format, rows, kernel, rejected);
    }

    /// <summary>Gives the memory back, or closes the file, once the calls that are under way have finished.</summary>
    public void Dispose() => blob.Memory.Dispose();

    /// <summary>For instance "int4/32 [8192, 2048] Int4N32K4".</summary>
    public override string ToString() => $"{Format} [{OutFeatures}, {InFeatures}] {Layout}";

    private static PackedWeights Pack(
        WeightFormat format,
        int outFeatures,
        int inFeatures,
        in PackSource source,
        ComputeContext compute,
        WeightLayout? layout = null)
    {
        Ensure.Bias(source.Bias, outFeatures);
        KernelInfo kernel = compute.Choose(format, layout, 0, out _);
        compute.Implementation.VerifyLayout(kernel.Layout);
        var shape = new PackedShape(format, kernel.Layout, outFeatures, inFeatures);
        BlobMemory memory = compute.Implementation.Pack(shape, source);
        Log.Packed(compute.Logger, format, outFeatures, inFeatures, kernel.Layout, kernel.Name);
        Metrics.Packed(shape.BlobBytes, format);
        return new PackedWeights(BlobHeader.Read(memory, "the packed blob", verify: false), compute);
    }

    private static void RequireLayout(PackedShape shape, string path, ComputeContext compute)
    {
        try
        {
            compute.Choose(shape.Format, shape.Layout, 0, out _);
            compute.Implementation.VerifyLayout(shape.Layout);
        }
        catch (PlatformNotSupportedException e)
        {
            IEnumerable<string> readers = compute.Kernels.Where(kernel => kernel.Layout == shape.Layout)
                .Select(kernel => CpuFeatures.Format(kernel.Needs, 0)).Distinct();
            string needs = string.Join(" or ", readers.DefaultIfEmpty("a processor that this build has no kernels for"));
            throw new PlatformNotSupportedException(
                $"{path} is packed as {shape.Layout}, which needs {needs}; here is {compute.Cpu}. " +
                $"PackedWeights.Load converts it in memory; Save writes the result for this machine. ({e.Message})", e);
        }
    }

    private void Multiply(
        ReadOnlySpan<float> x, long xStride, Span<float> y, long yStride, int rows, Clamp clamp, ComputeContext compute)
    {
        using var hold = new BlobHold(this, blob.Memory);
        IBackend backend = compute.Implementation;
        if (x.Overlaps(y))
        {
            throw new ArgumentException("y overlaps x; results need memory of their own.", nameof(y));
        }

        if (rows > 0)
        {
            long start = Metrics.StartMatMul();
            backend.MatMul(blob, new MatMulArguments
            {
                Rows = rows,
                X = x,
                XStride = xStride,
                Y = y,
                YStride = yStride,
                Clamp = clamp,
                DisabledTiers = compute.DisabledTiers,
            });
            Metrics.EndMatMul(start, Format);
        }
    }

    private UnpackedWeights Unpacked()
    {
        using var hold = new BlobHold(this, blob.Memory);
        return UnpackedWeights.From(blob);
    }
}
