// SPDX-License-Identifier: Apache-2.0
using System.Diagnostics;
using System.Text;
using KleidiSharp.Models;

namespace KleidiSharp.Tool.Run;

/// <summary>
/// One text, with a clock on reading the prompt and on writing; with a template of chats, the answer to a message.
/// </summary>
internal sealed class TextGeneration(LlamaModel model, SamplingOptions options, ChatTemplate? chat) : IDisposable
{
    // Tokens of the prompt that are read at once: enough for full speed, few enough to tell progress.
    private const int Batch = 128;

    private readonly LlamaSession session = model.CreateSession();
    private readonly Sampler sampler = new(options);
    private readonly StringBuilder text = new();
    private TokenDecoder? decoder;
    private int next;

    /// <summary>What has been written.</summary>
    public string Text => text.ToString();

    /// <summary>Tokens of the prompt, the one that begins a text included.</summary>
    public int PromptTokens { get; private set; }

    /// <summary>Seconds spent on reading the prompt.</summary>
    public double PromptSeconds { get; private set; }

    /// <summary>Tokens written.</summary>
    public int Tokens { get; private set; }

    /// <summary>Tokens that were passed through the model one by one: the first comes from the prompt.</summary>
    public int DecodedTokens { get; private set; }

    /// <summary>Seconds spent on those.</summary>
    public double DecodeSeconds { get; private set; }

    /// <summary>Why the text ends.</summary>
    public string End { get; private set; } = "the model ended it";

    /// <summary>Reads the prompt.</summary>
    /// <param name="prompt">The text to continue, or the message to answer; may be empty.</param>
    /// <param name="progress">Is told how far it is, from 0 to 1.</param>
    /// <exception cref="ArgumentException">The prompt has more tokens than the context holds, or none.</exception>
    public void Read(string prompt, Action<double> progress)
    {
        int[] tokens = chat is null ? model.Tokenizer.Encode(prompt) : chat.Encode([new ChatTurn("user", prompt)]);
        if (tokens.Length == 0)
        {
            throw new ArgumentException(
                "the prompt is empty, and this model's vocabulary begins no text by itself; give it some text");
        }

        if (tokens.Length > model.Config.ContextLength)
        {
            throw new ArgumentException(
                $"the prompt has {tokens.Length} tokens; the context of this model holds {model.Config.ContextLength}");
        }

        long start = Stopwatch.GetTimestamp();
        for (int done = 0; done < tokens.Length; done += Batch)
        {
            progress((double)done / tokens.Length);
            ReadOnlySpan<float> logits = session.Forward(tokens.AsSpan(done, Math.Min(Batch, tokens.Length - done)));
            if (done + Batch >= tokens.Length)
            {
                next = sampler.Next(logits);
            }
        }

        PromptSeconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        PromptTokens = tokens.Length;
        decoder = model.Tokenizer.CreateDecoder(atStart: chat is not null || prompt.Length == 0);
    }

    /// <summary>Writes, piece by piece.</summary>
    public IEnumerable<string> Write()
    {
        TokenDecoder pieces = decoder ?? throw new InvalidOperationException("The prompt has not been read.");
        while (!(chat?.EndsAnswer(next) ?? model.Tokenizer.Ends(next)))
        {
            Tokens++;
            string piece = pieces.Push(next);
            text.Append(piece);
            yield return piece;
            if (Tokens == options.MaxTokens)
            {
                End = "the limit of tokens";
                break;
            }

            if (session.Position == model.Config.ContextLength)
            {
                End = "the context is full";
                break;
            }

            Decode();
        }

        string rest = pieces.Flush();
        text.Append(rest);
        yield return rest;
    }

    public void Dispose() => session.Dispose();

    private void Decode()
    {
        long start = Stopwatch.GetTimestamp();
        next = sampler.Next(session.Forward([next]));
        DecodeSeconds += Stopwatch.GetElapsedTime(start).TotalSeconds;
        DecodedTokens++;
    }
}
