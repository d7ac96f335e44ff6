// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp.Tool.Run;

/// <summary>What <c>kleidi perplexity --json</c> writes.</summary>
/// <param name="Machine">Where it ran.</param>
/// <param name="Perplexity">e to the power of <paramref name="MeanNll"/>.</param>
/// <param name="MeanNll">Mean negative natural logarithm of the probabilities of the predicted tokens.</param>
/// <param name="Tokens">Predicted tokens.</param>
/// <param name="Windows">Stretches of text, each predicted by itself.</param>
/// <param name="Seconds">Without loading the model.</param>
/// <param name="Layers">The linear layers by format, with the kernels that multiplied them.</param>
/// <param name="Fallbacks">Layers that are not in the format asked for, and why.</param>
internal sealed record PerplexityReport(
    MachineReport Machine,
    double Perplexity,
    double MeanNll,
    int Tokens,
    int Windows,
    double Seconds,
    IReadOnlyList<LayerKernels> Layers,
    IReadOnlyList<Fallback> Fallbacks);
