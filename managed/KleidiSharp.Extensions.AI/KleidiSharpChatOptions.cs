// SPDX-License-Identifier: Apache-2.0
using KleidiSharp.Models;

namespace KleidiSharp.Extensions.AI;

/// <summary>What a <see cref="KleidiSharpChatClient"/> is made of.</summary>
public sealed class KleidiSharpChatOptions
{
    /// <summary>The model's GGUF file. Required.</summary>
    public string ModelPath { get; set; } = "";

    /// <summary>What requests and responses call the model; null for the name that the file gives it.</summary>
    public string? ModelId { get; set; }

    /// <summary>How the model is loaded: the format of its weights, and what multiplies.</summary>
    public LoadOptions Load { get; set; } = new();

    /// <summary>How conversations are written, a Jinja template; null for the template of the model's file.</summary>
    public string? ChatTemplate { get; set; }

    /// <summary>
    /// How tokens are chosen, and how many at most, where a request does not say. By default the likeliest ones, until the
    /// model ends its answer or the context is full.
    /// </summary>
    public SamplingOptions Sampling { get; set; } = new();

    /// <summary>
    /// How many sessions there are at most, 1 to 1024; more requests than that wait. Each holds the keys and values of its
    /// tokens in memory. By default <see cref="KleidiSharpChatClient.DefaultMaxSessions"/>.
    /// </summary>
    public int MaxSessions { get; set; } = KleidiSharpChatClient.DefaultMaxSessions;
}
