// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp;

/// <summary>
/// What does the work of a <see cref="ComputeContext"/>. Arguments have been checked; all members may be called by
/// several threads at once.
/// </summary>
internal unsafe interface IBackend : IDisposable
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

    /// <summary>Quantises weights [n, k] to a format other than f32.</summary>
    /// <exception cref="ArgumentException">A weight, scale or zero exceeds what the format holds.</exception>
    void Quantize(float* weights, int outFeatures, int inFeatures, WeightFormat format, WeightMemory to);

    /// <summary>Packs and seals a blob.</summary>
    BlobMemory Pack(in PackedShape shape, WeightMemory source);

    /// <summary>Multiplies; the caller holds a reference to the blob's memory.</summary>
    void MatMul(PackedBlob blob, in MatMulArguments arguments);

    /// <summary>
    /// Runs work that is not a multiplication on the threads that multiply, and returns when the last piece is done;
    /// where they are busy, on the caller's alone.
    /// </summary>
    /// <exception cref="Exception">What the first piece that failed threw.</exception>
    void Run(TeamWork work, int pieces);
}
