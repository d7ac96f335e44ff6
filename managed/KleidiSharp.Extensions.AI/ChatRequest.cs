// SPDX-License-Identifier: Apache-2.0
using KleidiSharp.Models;
using Microsoft.Extensions.AI;

namespace KleidiSharp.Extensions.AI;

/// <summary>What a request asks for, in this library's terms.</summary>
/// <param name="Turns">The conversation.</param>
/// <param name="Sampling">How tokens are chosen, and how many at most.</param>
/// <param name="StopSequences">Texts that end the answer.</param>
internal sealed record ChatRequest(
    IReadOnlyList<ChatTurn> Turns, SamplingOptions Sampling, IReadOnlyList<string> StopSequences)
{
    /// <exception cref="ArgumentException">There are no messages, or an option is out of its range.</exception>
    /// <exception cref="NotSupportedException">The request wants what the client cannot do.</exception>
    public static ChatRequest From(
        IEnumerable<ChatMessage> messages, ChatOptions? options, SamplingOptions defaults, string modelId)
    {
        ArgumentNullException.ThrowIfNull(messages);
        var turns = new List<ChatTurn>();
        foreach (ChatMessage message in messages)
        {
            turns.Add(message is null
                ? throw new ArgumentException($"messages[{turns.Count}] is null.", nameof(messages))
                : ToTurn(message, turns.Count));
        }

        if (turns.Count == 0)
        {
            throw new ArgumentException("messages holds no messages; at least one is needed.", nameof(messages));
        }

        if (options is null)
        {
            return new ChatRequest(turns, defaults, []);
        }

        Refuse(options, modelId);
        AddInstructions(turns, options.Instructions);
        string[] stops = [.. options.StopSequences ?? []];
        int empty = Array.FindIndex(stops, string.IsNullOrEmpty);
        if (empty >= 0)
        {
            throw new ArgumentException($"StopSequences[{empty}] is empty.", nameof(options));
        }

        if (options.MaxOutputTokens is < 1)
        {
            throw new ArgumentOutOfRangeException(
                nameof(options), options.MaxOutputTokens, "MaxOutputTokens must be at least 1, or null.");
        }

        return new ChatRequest(turns, Merge(options, defaults), stops);
    }

    private static SamplingOptions Merge(ChatOptions options, SamplingOptions defaults) => defaults with
    {
        Temperature = options.Temperature ?? defaults.Temperature,
        TopK = options.TopK ?? defaults.TopK,
        TopP = options.TopP ?? defaults.TopP,
        Seed = options.Seed is { } seed ? unchecked((ulong)seed) : defaults.Seed,
        MaxTokens = options.MaxOutputTokens ?? defaults.MaxTokens,
    };

    // Many templates take one system message only, so that instructions go before what the first one says.
    private static void AddInstructions(List<ChatTurn> turns, string? instructions)
    {
        if (string.IsNullOrEmpty(instructions))
        {
            return;
        }

        string system = ChatRole.System.Value;
        if (turns[0].Role == system)
        {
            turns[0] = new ChatTurn(system, $"{instructions}\n\n{turns[0].Content}");
        }
        else
        {
            turns.Insert(0, new ChatTurn(system, instructions));
        }
    }

    private static ChatTurn ToTurn(ChatMessage message, int index)
    {
        AIContent? other = message.Contents.FirstOrDefault(content => content is not TextContent);
        return other is null
            ? new ChatTurn(message.Role.Value, message.Text)
            : throw new NotSupportedException(
                $"messages[{index}] holds a {other.GetType().Name}; this client reads TextContent only.");
    }

    private static void Refuse(ChatOptions options, string modelId)
    {
        if (options.ToolMode is not (null or NoneChatToolMode or AutoChatToolMode))
        {
            throw Unsupported("ToolMode", $"a {options.ToolMode.GetType().Name}", "calls no tools; None is possible");
        }

        if (options.Tools is { Count: > 0 } tools && options.ToolMode is not NoneChatToolMode)
        {
            throw Unsupported("Tools", $"{tools.Count} of them", "calls no tools; leave them out, or set ToolMode to None");
        }

        if (options.ResponseFormat is not (null or ChatResponseFormatText))
        {
            throw Unsupported(
                "ResponseFormat",
                $"a {options.ResponseFormat.GetType().Name}",
                "writes text; ChatResponseFormat.Text is possible");
        }

        RefusePenalty("FrequencyPenalty", options.FrequencyPenalty);
        RefusePenalty("PresencePenalty", options.PresencePenalty);
        if (options.Reasoning is { } reasoning && reasoning.Effort is not (null or ReasoningEffort.None))
        {
            throw Unsupported("Reasoning.Effort", $"{reasoning.Effort}", "has no control over reasoning; None is possible");
        }

        if (options.ConversationId is { } conversation)
        {
            throw Unsupported("ConversationId", $"'{conversation}'", "keeps no conversations; send all messages each time");
        }

        if (options.ModelId is { } wanted && wanted != modelId)
        {
            throw Unsupported("ModelId", $"'{wanted}'", $"has one model, '{modelId}'");
        }

        if (options.RawRepresentationFactory is not null)
        {
            throw Unsupported("RawRepresentationFactory", "set", "has no options of its own");
        }

        RefuseBackground(options);
    }

    private static void RefusePenalty(string option, float? penalty)
    {
        if (penalty is not (null or 0))
        {
            throw Unsupported(option, FormattableString.Invariant($"{penalty}"), "has no penalties; 0 is possible");
        }
    }

#pragma warning disable MEAI001 // Evaluation API: read only to refuse it.
    private static void RefuseBackground(ChatOptions options)
    {
        if (options.AllowBackgroundResponses is true)
        {
            throw Unsupported("AllowBackgroundResponses", "true", "answers at once");
        }

        if (options.ContinuationToken is not null)
        {
            throw Unsupported("ContinuationToken", "set", "answers at once");
        }
    }
#pragma warning restore MEAI001

    private static NotSupportedException Unsupported(string option, string value, string reason) =>
        new($"ChatOptions.{option} is {value}; this client {reason}.");
}
