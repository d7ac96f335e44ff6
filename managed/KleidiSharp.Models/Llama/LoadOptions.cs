// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp.Models;

/// <summary>How a model is loaded.</summary>
public sealed record LoadOptions
{
    /// <summary>
    /// The format that linear layers are quantised to; int4 in groups of 32 by default. A layer whose rows it does not fit
    /// is kept in <see cref="WeightFormat.Float32"/>, which <see cref="LlamaModel.Report"/> says. In int4 the value of
    /// largest magnitude of each group becomes exactly -8, which keeps more of the model than the scales of
    /// <see cref="Quantizer"/>, made for parity with torchao: the latter's are always positive and cut off the largest values.
    /// </summary>
    public WeightFormat Weights { get; init; } = WeightFormat.Int4Group(32);

    /// <summary>What packs and multiplies; null for <see cref="ComputeContext.Default"/>. Not disposed with the model.</summary>
    public ComputeContext? Compute { get; init; }

    /// <summary>Told about each tensor as it is loaded.</summary>
    public IProgress<LoadProgress>? Progress { get; init; }
}
