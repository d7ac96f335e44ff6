// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp.Extensions.AI;

/// <summary>
/// Lets text through up to the first stop sequence in it. What may be the beginning of one is held back until more text
/// shows whether it is.
/// </summary>
internal sealed class StopScanner(IReadOnlyList<string> sequences)
{
    private string held = "";

    /// <summary>Whether a stop sequence was found; all that follows is dropped.</summary>
    public bool Found { get; private set; }

    /// <summary>Takes more text and returns what may be shown.</summary>
    public string Push(string text)
    {
        if (Found)
        {
            return "";
        }

        held += text;
        int stop = sequences.Select(sequence => held.IndexOf(sequence, StringComparison.Ordinal)).Where(at => at >= 0)
            .DefaultIfEmpty(-1).Min();
        Found = stop >= 0;
        int shown = Found ? stop : held.Length - Beginning();
        string result = held[..shown];
        held = held[shown..];
        return result;
    }

    /// <summary>Ends the text: what is held back is no stop sequence any more.</summary>
    public string Flush()
    {
        string rest = Found ? "" : held;
        held = "";
        return rest;
    }

    // The longest end of the text that a sequence begins with.
    private int Beginning()
    {
        int longest = Math.Min(held.Length, sequences.Select(sequence => sequence.Length - 1).DefaultIfEmpty(0).Max());
        for (; longest > 0; longest--)
        {
            string end = held[^longest..];
            if (sequences.Any(sequence => sequence.StartsWith(end, StringComparison.Ordinal)))
            {
                break;
            }
        }

        return longest;
    }
}
