// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp.Models;

/// <summary>How a text is cut up to measure a model on it.</summary>
public sealed record PerplexityOptions
{
    /// <summary>
    /// Where null, the default, the text is one and is cut into windows. Otherwise it separates texts, which are trimmed and
    /// of each of which only the first window counts.
    /// </summary>
    public string? Separator { get; init; }

    /// <summary>Tokens of a window, the one that begins a text included; 2 or more. Null for the model's context.</summary>
    public int? WindowTokens { get; init; }

    /// <summary>Told the tokens predicted so far and how many there are in all.</summary>
    public IProgress<(int Done, int Total)>? Progress { get; init; }
}
