// SPDX-License-Identifier: Apache-2.0
using System.Numerics.Tensors;

namespace KleidiSharp.Models;

/// <summary>Measures how well a model predicts a text.</summary>
public static class Perplexity
{
    private const int Batch = 64;

    /// <summary>
    /// Cuts a text into windows that each begin with the model's beginning token, and pools the negative log-likelihoods of
    /// all other tokens, given those before them in their window. Sums are in double, in the order of the text.
    /// </summary>
    /// <param name="model">The model.</param>
    /// <param name="text">The text.</param>
    /// <param name="options">How it is cut up; null for windows as long as the context.</param>
    /// <exception cref="ArgumentException">The text holds nothing to predict, or the windows do not fit the model.</exception>
    public static PerplexityResult Evaluate(LlamaModel model, string text, PerplexityOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(text);
        options ??= new PerplexityOptions();
        int length = options.WindowTokens ?? model.Config.ContextLength;
        if (length < 2 || length > model.Config.ContextLength)
        {
            throw new ArgumentException(
                $"WindowTokens is {length}; the model allows 2 to {model.Config.ContextLength}.", nameof(options));
        }

        List<int[]> windows = options.Separator is null
            ? [.. Cut(model.Tokenizer, text, length)]
            : [.. text.Split(options.Separator, StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
                .Select(part => Cut(model.Tokenizer, part, length).First())];
        int total = windows.Sum(window => window.Length - 1);
        if (total == 0)
        {
            throw new ArgumentException("The text holds no token to predict.", nameof(text));
        }

        double sum = 0;
        int done = 0;
        using LlamaSession session = model.CreateSession();
        var logits = new float[Math.Min(Batch, length) * model.Tokenizer.VocabularySize];
        foreach (int[] window in windows)
        {
            session.Rewind(0);
            for (int start = 0; start < window.Length - 1; start += Batch)
            {
                int count = Math.Min(Batch, window.Length - 1 - start);
                session.Forward(window.AsSpan(start, count), logits);
                for (int i = 0; i < count; i++)
                {
                    sum += NegativeLogLikelihood(
                        logits.AsSpan(i * model.Tokenizer.VocabularySize, model.Tokenizer.VocabularySize), window[start + i + 1]);
                }

                done += count;
                options.Progress?.Report((done, total));
            }
        }

        double mean = sum / total;
        return new PerplexityResult(DeterministicMath.Exp(mean), mean, total, windows.Count);
    }

    /// <summary>-ln of the probability that logits give to a token: log-sum-exp less its logit.</summary>
    internal static double NegativeLogLikelihood(ReadOnlySpan<float> logits, int token)
    {
        double largest = TensorPrimitives.Max(logits);
        double sum = 0;
        foreach (float logit in logits)
        {
            sum += DeterministicMath.Exp(logit - largest);
        }

        return largest + DeterministicMath.Log(sum) - logits[token];
    }

    private static IEnumerable<int[]> Cut(Tokenizer tokenizer, string text, int length)
    {
        int bos = tokenizer.BosId
            ?? throw new InvalidOperationException(
                "This vocabulary has no token that begins a text, so the first one cannot be predicted.");
        return tokenizer.Encode(text, addBos: false).Chunk(length - 1).Select(chunk => (int[])[bos, .. chunk]);
    }
}
