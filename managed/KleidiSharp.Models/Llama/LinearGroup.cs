// SPDX-License-Identifier: Apache-2.0
using System.Numerics.Tensors;

namespace KleidiSharp.Models;

/// <summary>
/// Linear layers over the same activations whose results stand side by side: one packed matrix that holds them all, or one
/// for each.
/// </summary>
internal sealed class LinearGroup
{
    private readonly PackedWeights[] parts;

    /// <param name="parts">The layers in the order of their results, all with as many inputs.</param>
    public LinearGroup(params PackedWeights[] parts)
    {
        this.parts = parts;
        InFeatures = parts[0].InFeatures;
        OutFeatures = parts.Sum(part => part.OutFeatures);
        if (Array.Find(parts, part => part.InFeatures != InFeatures) is { } other)
        {
            throw new ArgumentException($"A part has {other.InFeatures} inputs, the first {InFeatures}.", nameof(parts));
        }
    }

    public int InFeatures { get; }

    /// <summary>Results of all parts together.</summary>
    public int OutFeatures { get; }

    /// <summary>y[rows, all parts' outputs] = x[rows, inputs] · wᵀ + bias, part by part.</summary>
    public void MatMul(ReadOnlySpan<float> x, Span<float> y, int rows, ComputeContext compute)
    {
        if (parts.Length == 1)
        {
            parts[0].MatMul(x, y, rows, compute: compute);
            return;
        }

        var input = new ReadOnlyTensorSpan<float>(x, [rows, InFeatures]);
        var output = new TensorSpan<float>(y, [rows, OutFeatures]);
        int column = 0;
        foreach (PackedWeights part in parts)
        {
            part.MatMul(input, output.Slice([0.., column..(column + part.OutFeatures)]), compute: compute);
            column += part.OutFeatures;
        }
    }
}
