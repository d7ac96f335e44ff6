// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp.Models;

/// <summary>How the next token is chosen from the logits. The default is the likeliest one, without limit of length.</summary>
public sealed record SamplingOptions
{
    private readonly float temperature;
    private readonly int topK;
    private readonly float topP = 1;
    private readonly int? maxTokens;

    /// <summary>Divides the logits before they become probabilities. 0, the default, always takes the likeliest token.</summary>
    public float Temperature
    {
        get => temperature;
        init => temperature = value >= 0 && float.IsFinite(value)
            ? value
            : throw new ArgumentOutOfRangeException(nameof(Temperature), value, "Temperature must be finite and at least 0.");
    }

    /// <summary>Only the this many likeliest tokens take part; 0, the default, for all.</summary>
    public int TopK
    {
        get => topK;
        init => topK = value >= 0
            ? value
            : throw new ArgumentOutOfRangeException(nameof(TopK), value, "TopK must be at least 0; 0 means all tokens.");
    }

    /// <summary>
    /// Only the likeliest tokens whose probabilities together reach this take part, after <see cref="TopK"/> and
    /// <see cref="Temperature"/>; at least one does. 1, the default, for all.
    /// </summary>
    public float TopP
    {
        get => topP;
        init => topP = value is > 0 and <= 1
            ? value
            : throw new ArgumentOutOfRangeException(nameof(TopP), value, "TopP must be above 0 and at most 1.");
    }

    /// <summary>Where the random numbers begin: the same seed gives the same tokens, on every machine.</summary>
    public ulong Seed { get; init; }

    /// <summary>
    /// How many tokens to generate at most; null, the default, until the model ends the text or its context is full.
    /// </summary>
    public int? MaxTokens
    {
        get => maxTokens;
        init => maxTokens = value is null or >= 0
            ? value
            : throw new ArgumentOutOfRangeException(nameof(MaxTokens), value, "MaxTokens must be at least 0, or null.");
    }
}
