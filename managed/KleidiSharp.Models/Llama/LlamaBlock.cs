// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp.Models;

/// <summary>The weights of one transformer block.</summary>
internal sealed record LlamaBlock
{
    public required float[] AttentionNorm { get; init; }

    public required LinearGroup QueryKeyValue { get; init; }

    public required PackedWeights AttentionOutput { get; init; }

    public required float[] FeedForwardNorm { get; init; }

    public required LinearGroup GateUp { get; init; }

    public required PackedWeights Down { get; init; }
}
