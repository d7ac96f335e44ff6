// SPDX-License-Identifier: Apache-2.0
using System.Runtime.InteropServices;

namespace KleidiSharp;

/// <summary>Native memory for a weight matrix in its logical form.</summary>
internal sealed unsafe class LogicalWeights : IDisposable
{
    private readonly BlobMemory block;

    /// <summary>Makes room, all zeros.</summary>
    public LogicalWeights(WeightFormat format, int outFeatures, int inFeatures)
    {
        FormatTraits traits = format.Traits;
        RowsLength = outFeatures * traits.RowBytes(inFeatures);
        long scales = (long)outFeatures * traits.ScalesPerRow(inFeatures, format.GroupSize);
        ScalesLength = scales * traits.ScaleBytes;
        ZerosCount = traits.HasZeros ? scales : 0;
        long scalesAt = Aligned(RowsLength);
        long zerosAt = scalesAt + Aligned(ScalesLength);
        long biasAt = zerosAt + Aligned(ZerosCount * sizeof(float));
        block = BlobMemory.Allocate(biasAt + Aligned(outFeatures * (long)sizeof(float)));
        block.Describe($"logical {format} [{outFeatures}, {inFeatures}]");
        Memory = new WeightMemory
        {
            Rows = block.Address,
            Scales = ScalesLength == 0 ? null : block.Address + scalesAt,
            Zeros = ZerosCount == 0 ? null : (float*)(block.Address + zerosAt),
            Bias = (float*)(block.Address + biasAt),
        };
    }

    /// <summary>Valid until this is disposed of.</summary>
    public WeightMemory Memory { get; }

    /// <summary>Bytes.</summary>
    public long RowsLength { get; }

    /// <summary>Bytes.</summary>
    public long ScalesLength { get; }

    public long ZerosCount { get; }

    /// <summary>Unpacks a blob whose memory the caller holds.</summary>
    public static LogicalWeights From(PackedBlob blob)
    {
        var weights = new LogicalWeights(blob.Shape.Format, blob.Shape.OutFeatures, blob.Shape.InFeatures);
        PackedPanels.Unpack(blob, weights.Memory);
        return weights;
    }

    /// <summary>A copy of codes, scales and zeros for users.</summary>
    public QuantizedWeights ToQuantized(WeightFormat format, int outFeatures, int inFeatures)
    {
        if (RowsLength > Array.MaxLength)
        {
            throw new NotSupportedException(
                $"{format} weights [{outFeatures}, {inFeatures}] take {RowsLength} bytes; "
                + $"an array holds at most {Array.MaxLength}.");
        }

        byte[] rows = new Span<byte>(Memory.Rows, (int)RowsLength).ToArray();
        var scales = new ReadOnlySpan<byte>(Memory.Scales, (int)ScalesLength);
        float[] values = format.Traits.Scales == ScaleType.BFloat16
            ? Array.ConvertAll(MemoryMarshal.Cast<byte, ushort>(scales).ToArray(), BFloat16.ToSingle)
            : MemoryMarshal.Cast<byte, float>(scales).ToArray();
        float[] zeros = new Span<float>(Memory.Zeros, (int)ZerosCount).ToArray();
        return QuantizedWeights.Adopt(format, outFeatures, inFeatures, rows, values, zeros);
    }

    public void Dispose() => block.Dispose();

    private static long Aligned(long bytes) =>
        (bytes + PackedShape.Alignment - 1) / PackedShape.Alignment * PackedShape.Alignment;
}
