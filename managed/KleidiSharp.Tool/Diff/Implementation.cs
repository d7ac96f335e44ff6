// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp.Tool.Diff;

/// <summary>Something that multiplies cases; used by one thread.</summary>
internal abstract class Implementation : IDisposable
{
    /// <summary>What options call it.</summary>
    public abstract string Name { get; }

    /// <summary>The kernels that are compared: every name that <see cref="Multiply"/> may give.</summary>
    public abstract IReadOnlyList<ComparedKernel> Kernels { get; }

    /// <summary>Quantises the weights of a case.</summary>
    public abstract QuantizedWeights Quantize(DrawnCase drawn);

    /// <summary>Multiplies, with each kernel that takes the case.</summary>
    /// <param name="drawn">The case.</param>
    /// <param name="weights">Its weights, quantised; null where the format is a float one.</param>
    public abstract IEnumerable<Product> Multiply(DrawnCase drawn, QuantizedWeights? weights);

    public abstract void Dispose();
}

/// <summary>A kernel of an implementation.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Tier">Its tier, as options name it.</param>
/// <param name="Kind">The weights it multiplies by.</param>
internal sealed record ComparedKernel(string Name, string Tier, WeightKind Kind);

/// <summary>What a kernel made of a case.</summary>
/// <param name="Kernel">The kernel.</param>
/// <param name="Y">y [m][n], without gaps.</param>
internal sealed record Product(ComparedKernel Kernel, float[] Y);
