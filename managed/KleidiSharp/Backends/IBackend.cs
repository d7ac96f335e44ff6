// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp;

/// <summary>
/// What does the work of a <see cref="ComputeContext"/>. Arguments have been checked; all members may be called by
/// several threads at once.
/// </summary>
internal interface IBackend : IDisposable
{
    ComputeBackend Kind { get; }

    CpuFeatures Cpu { get; }

    /// <summary>The kernel table in order of preference.</summary>
    IReadOnlyList<KernelInfo> Kernels { get; }

    KernelReject Check(int kernel, in KernelRequest request);

    /// <exception cref="PlatformNotSupportedException">
    /// The kernels read this layout otherwise than its formula says.
    /// </exception>
    void VerifyLayout(WeightLayout layout);

    /// <summary>Quantises rows; <paramref name="codes"/> and <paramref name="scales"/> hold what they need.</summary>
    void QuantizeInt4(
        ReadOnlySpan<float> weights, int outFeatures, int inFeatures, int groupSize, Span<byte> codes, Span<ushort> scales);

    /// <summary>Packs and seals a blob.</summary>
    BlobMemory Pack(in PackedShape shape, in PackSource source);

    /// <summary>Multiplies; the caller holds a reference to the blob's memory.</summary>
    void MatMul(PackedBlob blob, in MatMulArguments arguments);
}
