// SPDX-License-Identifier: Apache-2.0
using System.Runtime.CompilerServices;
using KleidiSharp.Models;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace KleidiSharp.Extensions.AI;

/// <summary>
/// A chat client that answers with a model in this process. Safe for use from several threads: requests run at once, each
/// in a session of its own, and the next request of a conversation takes up the session of the last.
/// </summary>
/// <remarks>
/// <para>
/// The model works on threads of the pool, one token for each update that is asked for; cancellation is noticed between
/// tokens and between batches of the prompt. Whoever ends an enumeration early must dispose of it, as
/// <c>await foreach</c> does, since it holds a session.
/// </para>
/// <para>
/// What this client cannot do is refused by name: tools, JSON, content other than text, penalties, reasoning,
/// conversations kept by the client. <see cref="ChatOptions.AdditionalProperties"/> are others' and not read.
/// </para>
/// </remarks>
public sealed class KleidiSharpChatClient : IChatClient
{
    /// <summary>How many sessions a client keeps where nobody says.</summary>
    public const int DefaultMaxSessions = 4;

    private readonly LlamaModel model;
    private readonly IDisposable[] owned;
    private readonly ChatTemplate template;
    private readonly SamplingOptions sampling;
    private readonly TimeProvider clock;
    private readonly ILogger logger;
    private readonly ChatClientMetadata metadata;
    private readonly Gate gate;
    private readonly SessionPool sessions;

    /// <summary>A client over a model.</summary>
    /// <param name="model">The model.</param>
    /// <param name="ownsModel">Whether the model is disposed of with the client; if this throws, it is not.</param>
    /// <param name="template">How conversations are written; null for the template of the model's file.</param>
    /// <param name="sampling">How tokens are chosen where a request does not say; null for the likeliest ones.</param>
    /// <param name="maxSessions">
    /// How many sessions there are at most, each with the keys and values of its tokens in memory; more requests than
    /// that wait. At least 1.
    /// </param>
    /// <param name="loggerFactory">Receives messages; null for none.</param>
    /// <param name="clock">Gives the time of responses; null for the system's.</param>
    /// <exception cref="NotSupportedException">
    /// The model's file has no chat template and none is given, or it uses what this library's part of Jinja has not.
    /// </exception>
    /// <exception cref="ChatTemplateException">The template of the model's file is not well-formed.</exception>
    public KleidiSharpChatClient(
        LlamaModel model,
        bool ownsModel,
        ChatTemplate? template = null,
        SamplingOptions? sampling = null,
        int maxSessions = DefaultMaxSessions,
        ILoggerFactory? loggerFactory = null,
        TimeProvider? clock = null)
        : this(model, ownsModel ? [model] : [], template, sampling, maxSessions, null, loggerFactory, clock)
    {
    }

    private KleidiSharpChatClient(
        LlamaModel model,
        IDisposable[] owned,
        ChatTemplate? template,
        SamplingOptions? sampling,
        int maxSessions,
        string? modelId,
        ILoggerFactory? loggerFactory,
        TimeProvider? clock)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentOutOfRangeException.ThrowIfLessThan(maxSessions, 1);
        this.model = model;
        this.owned = owned;
        this.template = template ?? ChatTemplate.FromGguf(model, clock) ?? throw new NotSupportedException(
            $"The file of the model '{model.Name}' has no chat template (tokenizer.chat_template); give one.");
        this.sampling = sampling ?? new SamplingOptions();
        this.clock = clock ?? TimeProvider.System;
        logger = loggerFactory?.CreateLogger<KleidiSharpChatClient>() ?? (ILogger)NullLogger.Instance;
        metadata = new ChatClientMetadata("kleidisharp", null, modelId ?? model.Name);
        gate = new Gate(this);
        sessions = new SessionPool(model, maxSessions);
    }

    /// <summary>Loads a model and makes a client that owns it.</summary>
    /// <param name="options">The model's file and more.</param>
    /// <param name="loggerFactory">Receives messages of the client and of the kernels; null for none.</param>
    /// <param name="clock">Gives the time of responses, and the date to templates; null for the system's.</param>
    /// <exception cref="ArgumentException">An option is out of its range; the message names it.</exception>
    /// <exception cref="IOException">The file cannot be opened.</exception>
    /// <exception cref="GgufException">The file breaks the format.</exception>
    /// <exception cref="NotSupportedException">The model or its template is not one that this library knows.</exception>
    /// <exception cref="ChatTemplateException">The template is not well-formed.</exception>
    public static KleidiSharpChatClient Load(
        KleidiSharpChatOptions options, ILoggerFactory? loggerFactory = null, TimeProvider? clock = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (KleidiSharpChatOptionsValidator.FindFault(options) is { } fault)
        {
            throw new ArgumentException(fault, nameof(options));
        }

        var owned = new List<IDisposable>();
        try
        {
            // A context of its own, since the default one knows no logger.
            LoadOptions load = options.Load;
            if (load.Compute is null && loggerFactory is not null)
            {
                var compute = new ComputeContext(new ComputeOptions { LoggerFactory = loggerFactory });
                owned.Add(compute);
                load = load with { Compute = compute };
            }

            LlamaModel model = LlamaModel.Load(options.ModelPath, load);
            owned.Insert(0, model);
            ChatTemplate? template =
                options.ChatTemplate is { } text ? ChatTemplate.Parse(text, model.Tokenizer, clock) : null;
            var client = new KleidiSharpChatClient(
                model, [.. owned], template, options.Sampling, options.MaxSessions, options.ModelId, loggerFactory, clock);
            Log.Loaded(client.logger, client.metadata.DefaultModelId, options.ModelPath, model.Config.ContextLength);
            return client;
        }
        catch
        {
            owned.ForEach(thing => thing.Dispose());
            throw;
        }
    }

    /// <summary>Answers a conversation.</summary>
    /// <param name="messages">The conversation; at least one message, text only.</param>
    /// <param name="options">How to answer; null for the client's defaults.</param>
    /// <param name="cancellationToken">Ends the work between two tokens or two batches of the prompt.</param>
    /// <exception cref="ArgumentException">
    /// The conversation is empty, has more tokens than the context, or is one that the model's template refuses, for
    /// instance for a system message; or an option is out of its range.
    /// </exception>
    /// <exception cref="NotSupportedException">The request wants what this client cannot do; the message names it.</exception>
    /// <exception cref="ObjectDisposedException">The client is, or was meanwhile, disposed of.</exception>
    public async Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        await GetStreamingResponseAsync(messages, options, cancellationToken)
            .ToChatResponseAsync(cancellationToken).ConfigureAwait(false);

    /// <summary>
    /// Answers a conversation piece by piece. The last update holds the usage and why the answer ends; no other is empty.
    /// </summary>
    /// <inheritdoc cref="GetResponseAsync"/>
    public IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        gate.ThrowIfClosed();
        return AnswerAsync(ChatRequest.From(messages, options, sampling, metadata.DefaultModelId!), cancellationToken);
    }

    /// <summary>
    /// This client, its <see cref="ChatClientMetadata"/>, its <see cref="LlamaModel"/> or its <see cref="ChatTemplate"/>;
    /// null for others and with a key.
    /// </summary>
    public object? GetService(Type serviceType, object? serviceKey = null)
    {
        ArgumentNullException.ThrowIfNull(serviceType);
        return serviceKey is not null ? null
            : serviceType == typeof(ChatClientMetadata) ? metadata
            : serviceType == typeof(LlamaModel) ? model
            : serviceType == typeof(ChatTemplate) ? template
            : serviceType.IsInstanceOfType(this) ? this
            : null;
    }

    /// <summary>
    /// Ends running requests, waits until none is at work any more, and releases the sessions and what the client owns.
    /// </summary>
    public void Dispose()
    {
        if (gate.Close())
        {
            sessions.Dispose();
            Array.ForEach(owned, thing => thing.Dispose());
            gate.Dispose();
        }
    }

    private async IAsyncEnumerable<ChatResponseUpdate> AnswerAsync(
        ChatRequest request, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        string id = Guid.NewGuid().ToString("N");
        DateTimeOffset created = clock.GetUtcNow();
        int[] prompt = await gate.RunAsync(() => Encode(request), cancellationToken).ConfigureAwait(false);
        PooledSession session = await gate.AwaitAsync(
            token => sessions.RentAsync(prompt, token), cancellationToken).ConfigureAwait(false);
        try
        {
            var answer = new Answer(model, template, request, session, prompt);
            while (true)
            {
                string? text = await gate.RunAsync(
                    () => answer.Next(() => gate.Check(cancellationToken)), cancellationToken).ConfigureAwait(false);
                if (text is null)
                {
                    break;
                }

                yield return Update([new TextContent(text)]);
            }

            Log.Answered(
                logger, id, answer.Usage.InputTokenCount, answer.Usage.CachedInputTokenCount, answer.Usage.OutputTokenCount,
                answer.FinishReason);
            ChatResponseUpdate last = Update([new UsageContent(answer.Usage)]);
            last.FinishReason = answer.FinishReason;
            yield return last;
        }
        finally
        {
            sessions.Return(session);
        }

        ChatResponseUpdate Update(IList<AIContent> contents) => new(ChatRole.Assistant, contents)
        {
            ResponseId = id,
            MessageId = id,
            CreatedAt = created,
            ModelId = metadata.DefaultModelId,
        };
    }

    private int[] Encode(ChatRequest request)
    {
        int[] prompt = template.Encode(request.Turns);
        int context = model.Config.ContextLength;
        if (prompt.Length <= context && prompt.Length > 0)
        {
            return prompt;
        }

        string following =
            request.Sampling.MaxTokens is { } most ? $", and up to {most} are to follow (MaxOutputTokens)" : "";
        throw new ArgumentException(prompt.Length == 0
            ? "The template writes nothing for this conversation."
            : $"The conversation has {prompt.Length} tokens{following}; the context of this model holds {context}.");
    }
}
