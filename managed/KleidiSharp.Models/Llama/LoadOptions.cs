// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp.Models;

/// <summary>How a model is loaded.</summary>
public sealed record LoadOptions
{
    /// <summary>
    /// The format that linear layers are quantised to; int4 in groups of 32 by default. A layer whose rows it does not fit
    /// is kept in <see cref="WeightFormat.Float32"/>, which <see cref="LlamaModel.Report"/> says. With
    /// <see cref="WeightFormat.Q4_0"/> tensors that are stored so go in as they are.
    /// </summary>
    public WeightFormat Weights { get; init; } = WeightFormat.Int4Group(32);

    /// <summary>How the scales of int4 weights follow from their values.</summary>
    public Int4Mapping Mapping { get; init; } = Int4Mapping.FullRange;

    /// <summary>What packs and multiplies; null for <see cref="ComputeContext.Default"/>. Not disposed with the model.</summary>
    public ComputeContext? Compute { get; init; }

    /// <summary>
    /// A folder that keeps packed weights, made where it does not exist; null for none. The first load of a model writes a
    /// file there, and later ones map it: in a moment, without a copy, and sharing its memory with other processes. There
    /// is a file for each model, format and kind of processor, about as large as the weights in memory. A file whose model
    /// has changed since (its path, length, time of writing, metadata or tensor table) is replaced; one that is of no more
    /// use stays until somebody deletes it. Whoever may write to the folder decides what the weights are.
    /// </summary>
    public string? PackedCache { get; init; }

    /// <summary>Told about each tensor as it is loaded.</summary>
    public IProgress<LoadProgress>? Progress { get; init; }
}
