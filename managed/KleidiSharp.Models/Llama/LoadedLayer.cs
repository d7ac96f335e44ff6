// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp.Models;

/// <summary>What became of one linear layer of a file.</summary>
public sealed class LoadedLayer
{
    private readonly PackedWeights weights;
    private readonly ComputeContext compute;

    internal LoadedLayer(
        GgufTensor tensor, PackedWeights weights, long byteSize, ComputeContext compute, string? fallbackReason)
    {
        this.weights = weights;
        this.compute = compute;
        Tensor = tensor;
        Format = weights.Format;
        ByteSize = byteSize;
        FallbackReason = fallbackReason;
    }

    /// <summary>The tensor in the file, [outFeatures, inFeatures].</summary>
    public GgufTensor Tensor { get; }

    /// <summary>The format in which it is multiplied.</summary>
    public WeightFormat Format { get; }

    /// <summary>Bytes of the packed weights, all of which each token reads.</summary>
    public long ByteSize { get; }

    /// <summary>Why the layer is not in the format asked for; null where it is.</summary>
    public string? FallbackReason { get; }

    /// <summary>Which kernel multiplies a number of tokens at once, and why: 1 for decoding, more for a prompt.</summary>
    public KernelChoice KernelFor(int rows) => weights.KernelFor(rows, compute);
}
