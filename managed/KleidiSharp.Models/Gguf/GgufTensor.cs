// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp.Models;

/// <summary>Where and what one tensor of a GGUF file is.</summary>
public sealed class GgufTensor
{
    internal GgufTensor(string name, long[] dimensions, GgufTensorType type, long elementCount, long position, long byteLength)
    {
        Name = name;
        Dimensions = dimensions;
        Type = type;
        ElementCount = elementCount;
        Position = position;
        ByteLength = byteLength;
    }

    /// <summary>The tensor's name, unique in its file.</summary>
    public string Name { get; }

    /// <summary>
    /// The dimensions in natural, row-major order, the contiguous one last: a linear layer is [outFeatures, inFeatures].
    /// The file stores them the other way round. One to four, each at least 1.
    /// </summary>
    public IReadOnlyList<long> Dimensions { get; }

    /// <summary>How the elements are stored.</summary>
    public GgufTensorType Type { get; }

    /// <summary>The product of the dimensions.</summary>
    public long ElementCount { get; }

    /// <summary>Bytes the tensor takes in the file.</summary>
    public long ByteLength { get; }

    /// <summary>Where the tensor begins, in bytes from the start of the file.</summary>
    public long Position { get; }

    /// <summary>The name, type and shape, as <c>blk.0.attn_q.weight Q4_0 [64, 64]</c>.</summary>
    public override string ToString() => $"{Name} {Type} [{string.Join(", ", Dimensions)}]";
}
