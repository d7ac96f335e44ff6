// SPDX-License-Identifier: Apache-2.0
using System.Globalization;
using System.Runtime.InteropServices;

namespace KleidiSharp.Models;

/// <summary>
/// Tokens for several sessions of one model that go through it together, so that the weights are read once for all of them.
/// Each session gets the logits that it would have got by itself, to the last bit. For one thread at a time, which must be
/// the only one that uses the sessions meanwhile.
/// </summary>
public sealed class LlamaBatch
{
    private readonly LlamaModel model;
    private readonly List<LlamaSession> sessions = [];
    private readonly List<int> counts = [];
    private readonly List<int> tokens = [];
    private readonly List<BatchPart> parts = [];
    private float[] logits = [];

    internal LlamaBatch(LlamaModel model) => this.model = model;

    /// <summary>The number of sessions that tokens were added for.</summary>
    public int Count => sessions.Count;

    /// <summary>Adds tokens for a session that has none in the batch yet.</summary>
    /// <param name="session">A session of the batch's model.</param>
    /// <param name="tokens">At least one token; together with those the session has seen no more than the context.</param>
    /// <exception cref="ArgumentException">
    /// The session is of another model or in the batch already; or there are no tokens, too many, or one that is not in the
    /// vocabulary.
    /// </exception>
    /// <exception cref="ObjectDisposedException">The session was disposed of.</exception>
    public void Add(LlamaSession session, ReadOnlySpan<int> tokens)
    {
        ArgumentNullException.ThrowIfNull(session);
        if (session.Model != model)
        {
            throw new ArgumentException($"session is of another model, '{session.Model.Name}'.", nameof(session));
        }

        int index = sessions.IndexOf(session);
        if (index >= 0)
        {
            throw new ArgumentException(
                $"session is in the batch already, number {index} of {Count}; all its tokens go in at once.", nameof(session));
        }

        session.ThrowIfDisposed();
        LlamaSession.CheckTokens(model, tokens, session.Position, nameof(tokens));
        sessions.Add(session);
        counts.Add(tokens.Length);
        this.tokens.AddRange(tokens);
    }

    /// <summary>Takes the tokens through the model and empties the batch; where it throws, no session has changed.</summary>
    /// <returns>
    /// [sessions, vocabulary], in the order in which they were added: the logits of what follows each session's last token;
    /// valid until the next call.
    /// </returns>
    /// <exception cref="InvalidOperationException">
    /// The batch is empty, or a session has seen more since it was added, so that its context does not hold the tokens.
    /// </exception>
    /// <exception cref="ObjectDisposedException">A session or the model was disposed of.</exception>
    public ReadOnlySpan<float> Forward()
    {
        if (Count == 0)
        {
            throw new InvalidOperationException("The batch is empty; Add gives it tokens.");
        }

        parts.Clear();
        for (int i = 0; i < Count; i++)
        {
            parts.Add(Part(i));
        }

        int needed = checked(Count * model.Tokenizer.VocabularySize);
        if (logits.Length < needed)
        {
            logits = new float[needed];
        }

        ForwardPass.Run(
            model, CollectionsMarshal.AsSpan(parts), CollectionsMarshal.AsSpan(tokens), logits.AsSpan(0, needed), onlyLast: true);
        for (int i = 0; i < Count; i++)
        {
            sessions[i].Advance(counts[i]);
        }

        Clear();
        return logits.AsSpan(0, needed);
    }

    /// <summary>Empties the batch; the sessions stay as they are.</summary>
    public void Clear()
    {
        sessions.Clear();
        counts.Clear();
        tokens.Clear();
        parts.Clear();
    }

    private BatchPart Part(int index)
    {
        LlamaSession session = sessions[index];
        session.ThrowIfDisposed();
        int room = model.Config.ContextLength - session.Position;
        return counts[index] <= room ? session.Part(counts[index]) : throw new InvalidOperationException(string.Create(
            CultureInfo.InvariantCulture,
            $"Session {index} of the batch has {counts[index]} tokens to come, and room for {room} since it has seen more."));
    }
}
