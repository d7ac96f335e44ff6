// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp.Models;

/// <summary>The weights of one transformer block.</summary>
internal sealed record LlamaBlock
{
    public required float[] AttentionNorm { get; init; }

    public required PackedWeights Query { get; init; }

    public required PackedWeights Key { get; init; }

    public required PackedWeights Value { get; init; }

    public required PackedWeights AttentionOutput { get; init; }

    public required float[] FeedForwardNorm { get; init; }

    public required PackedWeights Gate { get; init; }

    public required PackedWeights Up { get; init; }

    public required PackedWeights Down { get; init; }
}
