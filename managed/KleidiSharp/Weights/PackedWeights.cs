// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp;

/// <summary>
/// A weight matrix, with its bias, in the order of bytes that the kernels of a processor read. Packed once, multiplied
/// by ever after: from any number of threads, without allocating. Holds native memory or a mapped file: dispose of it;
/// calls that are under way on other threads finish first.
/// </summary>
public sealed partial class PackedWeights : IDisposable
{
    private readonly PackedBlob blob;
    private readonly ComputeContext context;

    private PackedWeights(PackedBlob blob, ComputeContext context)
    {
        this.blob = blob;
        this.context = context;
        blob.Memory.Describe($"{blob.Shape.Format} [{blob.Shape.OutFeatures}, {blob.Shape.InFeatures}]");
    }

    /// <summary>Rows of the matrix (n): values in a row of y.</summary>
    public int OutFeatures => blob.Shape.OutFeatures;

    /// <summary>Values in a row of the matrix (k) and of x.</summary>
    public int InFeatures => blob.Shape.InFeatures;

    /// <summary>The number format.</summary>
    public WeightFormat Format => blob.Shape.Format;

    /// <summary>The order of bytes, chosen for the processor of the context.</summary>
    public WeightLayout Layout => blob.Shape.Layout;

    /// <summary>Bytes of the vector that the layout is made for; 0 where it depends on none.</summary>
    public int VectorBytes => blob.Shape.VectorBytes;

    /// <summary>Bytes of the packed form, in memory and in a file.</summary>
    public long ByteSize => blob.Shape.BlobBytes;

    /// <summary>Whether a bias was packed of which a bit is set.</summary>
    public bool HasBias => blob.HasBias;

    /// <summary>Says which kernel multiplies that many rows, and why not another.</summary>
    /// <param name="rows">Rows of x (m), at least 1.</param>
    /// <param name="compute">Where to work; null for the context that the weights were packed or opened with.</param>
    public KernelChoice KernelFor(int rows, ComputeContext? compute = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(rows, 1);
        ObjectDisposedException.ThrowIf(blob.Memory.IsClosed, this);
        compute ??= context;
        KernelInfo kernel = compute.Choose(compute.RequestFor(blob.Shape, rows), out List<KernelRejection> rejected);
        return new KernelChoice(Format, rows, kernel, rejected);
    }

    /// <summary>Gives the memory back, or closes the file, once the calls that are under way have finished.</summary>
    public void Dispose() => blob.Memory.Dispose();

    /// <summary>For instance "int4/32 [8192, 2048] Int4N32K4".</summary>
    public override string ToString() => $"{Format} [{OutFeatures}, {InFeatures}] {Layout}";
}
