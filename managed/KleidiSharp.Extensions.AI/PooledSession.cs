// SPDX-License-Identifier: Apache-2.0
using KleidiSharp.Models;

namespace KleidiSharp.Extensions.AI;

/// <summary>A session and the tokens that it has seen.</summary>
internal sealed class PooledSession(LlamaSession session) : IDisposable
{
    private readonly List<int> tokens = [];

    /// <summary>How many tokens it has seen.</summary>
    public int Count => tokens.Count;

    /// <summary>How many tokens of a prompt it has seen in the prompt's order, from its start.</summary>
    public int CommonPrefix(ReadOnlySpan<int> prompt)
    {
        int most = Math.Min(tokens.Count, prompt.Length);
        int common = 0;
        while (common < most && tokens[common] == prompt[common])
        {
            common++;
        }

        return common;
    }

    /// <summary>
    /// Forgets what a prompt does not begin with. At least the prompt's last token is left to be read, for its logits.
    /// </summary>
    /// <returns>How many tokens of the prompt need not be read again.</returns>
    public int Keep(ReadOnlySpan<int> prompt)
    {
        int kept = Math.Min(CommonPrefix(prompt), prompt.Length - 1);
        session.Rewind(kept);
        tokens.RemoveRange(kept, tokens.Count - kept);
        return kept;
    }

    /// <summary>Reads tokens; the logits of what follows are valid until the next call.</summary>
    public ReadOnlySpan<float> Read(ReadOnlySpan<int> more)
    {
        ReadOnlySpan<float> logits = session.Forward(more);
        foreach (int token in more)
        {
            tokens.Add(token);
        }

        return logits;
    }

    public void Dispose() => session.Dispose();
}
