// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp.KernelTests;

/// <summary>A place where kernels run: this process, or a device.</summary>
internal abstract class KernelHost : IDisposable
{
    /// <summary>How failures name it.</summary>
    public abstract string Name { get; }

    /// <summary>Its kernel table.</summary>
    public abstract IReadOnlyList<KernelInfo> Kernels { get; }

    /// <summary>Quantises the weights of a case there.</summary>
    public abstract QuantizedWeights Quantize(DrawnCase drawn);

    /// <summary>Packs the weights of a case there, for the layout of a kernel.</summary>
    /// <returns>The blob.</returns>
    public abstract byte[] Pack(DrawnCase drawn, QuantizedWeights weights, KernelInfo kernel);

    /// <summary>Multiplies with one kernel.</summary>
    /// <returns>The bytes of y [m][n], of the type that the case asks for.</returns>
    public abstract byte[] MatMul(DrawnCase drawn, byte[] blob, KernelInfo kernel);

    public abstract void Dispose();
}
