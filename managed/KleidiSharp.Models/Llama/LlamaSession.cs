// SPDX-License-Identifier: Apache-2.0
using System.Globalization;

namespace KleidiSharp.Models;

/// <summary>
/// One conversation with a model: the tokens seen so far, as keys and values. Tokens may come one by one or in batches of
/// any size; the logits are the same to the last bit, since every operation treats each token by itself and in one order.
/// Several sessions may run at once over one model; one session is for one thread at a time.
/// </summary>
public sealed class LlamaSession : IDisposable
{
    private readonly float[] logits;
    private KeyValueCache? cache;

    internal LlamaSession(LlamaModel model)
    {
        Model = model;
        logits = new float[model.Tokenizer.VocabularySize];
        cache = new KeyValueCache(model.Config);
    }

    internal LlamaModel Model { get; }

    /// <summary>The number of tokens seen so far.</summary>
    public int Position { get; private set; }

    /// <summary>Adds tokens and returns the logits of what follows the last of them.</summary>
    /// <param name="tokens">At least one token; together with those seen no more than the context.</param>
    /// <returns>One logit for each token of the vocabulary, valid until the next call.</returns>
    /// <exception cref="ArgumentException">There are no tokens, too many, or one that is not in the vocabulary.</exception>
    public ReadOnlySpan<float> Forward(ReadOnlySpan<int> tokens)
    {
        CheckTokens(Model, tokens, Position, nameof(tokens));
        Run(tokens, logits, onlyLast: true);
        return logits;
    }

    /// <summary>Adds tokens and gives the logits of what follows each of them.</summary>
    /// <param name="tokens">At least one token; together with those seen no more than the context.</param>
    /// <param name="allLogits">Receives [tokens, vocabulary].</param>
    /// <exception cref="ArgumentException">
    /// There are no tokens, too many, or one that is not in the vocabulary; or <paramref name="allLogits"/> is too short.
    /// </exception>
    public void Forward(ReadOnlySpan<int> tokens, Span<float> allLogits)
    {
        CheckTokens(Model, tokens, Position, nameof(tokens));
        long needed = (long)tokens.Length * logits.Length;
        if (allLogits.Length < needed)
        {
            throw new ArgumentException(
                $"allLogits holds {allLogits.Length} values; {tokens.Length} tokens × vocabulary {logits.Length} needs {needed}.",
                nameof(allLogits));
        }

        Run(tokens, allLogits, onlyLast: false);
    }

    /// <summary>Forgets all tokens from a position on.</summary>
    /// <param name="position">0 to <see cref="Position"/>; 0 starts anew.</param>
    public void Rewind(int position)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(position);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(position, Position);
        Position = position;
    }

    /// <summary>Releases the keys and values.</summary>
    public void Dispose() => cache = null;

    internal static void CheckTokens(LlamaModel model, ReadOnlySpan<int> tokens, int position, string name)
    {
        if (tokens.IsEmpty)
        {
            throw new ArgumentException($"{name} holds no tokens; at least one is needed.", name);
        }

        if (tokens.Length > model.Config.ContextLength - position)
        {
            string seen = position == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $", {position} of which are taken");
            throw new ArgumentException(
                $"{name} holds {tokens.Length} tokens; the context of this model holds {model.Config.ContextLength}{seen}.",
                name);
        }

        for (int i = 0; i < tokens.Length; i++)
        {
            if ((uint)tokens[i] >= (uint)model.Tokenizer.VocabularySize)
            {
                throw new ArgumentOutOfRangeException(name, tokens[i],
                    $"{name}[{i}] is not a token of this model; ids are 0 to {model.Tokenizer.VocabularySize - 1}.");
            }
        }
    }

    internal void ThrowIfDisposed() => ObjectDisposedException.ThrowIf(cache is null, this);

    /// <summary>That many tokens as part of a batch, with room for them.</summary>
    internal BatchPart Part(int tokens)
    {
        ObjectDisposedException.ThrowIf(cache is null, this);
        cache.Reserve(Position + tokens);
        return new BatchPart(cache, Position, tokens);
    }

    /// <summary>Takes note of tokens that a batch has added.</summary>
    internal void Advance(int tokens) => Position += tokens;

    private void Run(ReadOnlySpan<int> tokens, Span<float> results, bool onlyLast)
    {
        ForwardPass.Run(Model, [Part(tokens.Length)], tokens, results, onlyLast);
        Advance(tokens.Length);
    }
}
