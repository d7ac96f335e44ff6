// SPDX-License-Identifier: Apache-2.0
using KleidiSharp.Models;

namespace KleidiSharp.Tool.BenchModel;

/// <summary>
/// A prompt and then tokens one by one, each from an empty context and timed by itself. The tokens are pseudo-random, the
/// same in each run: how long a pass takes does not depend on them.
/// </summary>
internal sealed class TokenPasses : IDisposable
{
    private readonly LlamaSession session;
    private readonly int[] prompt;
    private readonly int[] tokens;
    private readonly TimeProvider clock;

    /// <param name="model">What they are passed through.</param>
    /// <param name="prompt">Tokens of the prompt.</param>
    /// <param name="tokens">Tokens one by one.</param>
    /// <param name="clock">Tells the time.</param>
    /// <exception cref="ArgumentException">They do not fit the model's context.</exception>
    public TokenPasses(LlamaModel model, int prompt, int tokens, TimeProvider clock)
    {
        int context = model.Config.ContextLength;
        if (Math.Max(prompt, tokens) > context)
        {
            string option = prompt > context ? $"--prompt {prompt}" : $"--tokens {tokens}";
            throw new ArgumentException($"{option} is too much: the context of the model '{model.Name}' holds {context} tokens");
        }

        var random = new Random(1);
        this.prompt = Draw(prompt);
        this.tokens = Draw(tokens);
        this.clock = clock;
        session = model.CreateSession();

        int[] Draw(int count) =>
            [.. Enumerable.Range(0, count).Select(_ => random.Next(model.Tokenizer.VocabularySize))];
    }

    /// <summary>Takes both once.</summary>
    public TokenSpeed Measure()
    {
        session.Rewind(0);
        long start = clock.GetTimestamp();
        session.Forward(prompt);
        double prefill = clock.GetElapsedTime(start).TotalSeconds;

        session.Rewind(0);
        start = clock.GetTimestamp();
        for (int i = 0; i < tokens.Length; i++)
        {
            session.Forward(tokens.AsSpan(i, 1));
        }

        double decode = clock.GetElapsedTime(start).TotalSeconds;
        return new TokenSpeed(prompt.Length / prefill, tokens.Length / decode);
    }

    public void Dispose() => session.Dispose();
}
