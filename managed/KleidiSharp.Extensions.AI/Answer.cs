// SPDX-License-Identifier: Apache-2.0
using KleidiSharp.Models;
using Microsoft.Extensions.AI;

namespace KleidiSharp.Extensions.AI;

/// <summary>One answer, piece by piece.</summary>
internal sealed class Answer
{
    // Tokens of the prompt that are read at once: enough for full speed, few enough to end soon when cancelled.
    private const int Batch = 128;

    private readonly ChatTemplate template;
    private readonly int contextLength;
    private readonly int? maxTokens;
    private readonly PooledSession session;
    private readonly Sampler sampler;
    private readonly TokenDecoder decoder;
    private readonly StopScanner scanner;
    private readonly int[] prompt;
    private readonly int kept;
    private int written;
    private int last;

    public Answer(LlamaModel model, ChatTemplate template, ChatRequest request, PooledSession session, int[] prompt)
    {
        this.template = template;
        contextLength = model.Config.ContextLength;
        this.session = session;
        this.prompt = prompt;
        maxTokens = request.Sampling.MaxTokens;
        sampler = new Sampler(request.Sampling);
        decoder = model.Tokenizer.CreateDecoder(atStart: true);
        scanner = new StopScanner(request.StopSequences);
        kept = session.Keep(prompt);
    }

    /// <summary>Why the answer ends, once it has.</summary>
    public ChatFinishReason? FinishReason { get; private set; }

    /// <summary>
    /// The tokens of the prompt, those of them that a session had seen before, and those written, without the one that
    /// ends the answer.
    /// </summary>
    public UsageDetails Usage => new()
    {
        InputTokenCount = prompt.Length,
        CachedInputTokenCount = kept,
        OutputTokenCount = written,
        TotalTokenCount = prompt.Length + written,
    };

    /// <summary>The next piece of text, never empty; null at the end.</summary>
    /// <param name="check">Asked before each batch and each token; throws to end the work.</param>
    public string? Next(Action check)
    {
        string text = "";
        while (FinishReason is null && text.Length == 0)
        {
            last = written == 0 ? ReadPrompt(check) : ReadLast(check);
            if (template.EndsAnswer(last))
            {
                FinishReason = ChatFinishReason.Stop;
                return NullIfEmpty(scanner.Push(decoder.Flush()) + scanner.Flush());
            }

            written++;
            text = scanner.Push(decoder.Push(last));
            if (!scanner.Found && (written == maxTokens || session.Count == contextLength))
            {
                FinishReason = ChatFinishReason.Length;
                text += scanner.Push(decoder.Flush()) + scanner.Flush();
            }

            if (scanner.Found)
            {
                FinishReason = ChatFinishReason.Stop;
            }
        }

        return NullIfEmpty(text);
    }

    private static string? NullIfEmpty(string text) => text.Length == 0 ? null : text;

    private int ReadPrompt(Action check)
    {
        while (true)
        {
            check();
            int done = session.Count;
            ReadOnlySpan<float> logits = session.Read(prompt.AsSpan(done, Math.Min(Batch, prompt.Length - done)));
            if (session.Count == prompt.Length)
            {
                return sampler.Next(logits);
            }
        }
    }

    private int ReadLast(Action check)
    {
        check();
        return sampler.Next(session.Read([last]));
    }
}
