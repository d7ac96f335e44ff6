// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp.Models;

/// <summary>
/// A text that knows of each of its characters whether it is trusted: written by a template, or by a message that it
/// frames. <see cref="Tokenizer.Encode(PromptText)"/> reads control tokens from trusted stretches only. Immutable.
/// </summary>
public sealed class PromptText
{
    // Stretches of one kind, each up to its end; neighbours differ and none is empty.
    private readonly (int End, bool IsTrusted)[] runs;

    internal PromptText(string text, (int End, bool IsTrusted)[] runs)
    {
        Text = text;
        this.runs = runs;
        HasTrusted = Array.Exists(runs, run => run.IsTrusted);
    }

    /// <summary>Joins pieces.</summary>
    /// <param name="pieces">In order; empty ones and neighbours of one kind are allowed.</param>
    public static PromptText Of(IEnumerable<PromptPiece> pieces)
    {
        ArgumentNullException.ThrowIfNull(pieces);
        var builder = new PromptTextBuilder();
        foreach (PromptPiece piece in pieces)
        {
            builder.Append(piece.Text, piece.IsTrusted);
        }

        return builder.ToPromptText();
    }

    /// <summary>The whole text.</summary>
    public string Text { get; }

    /// <summary>The text in pieces as long as they can be: trusted and others by turns, none of them empty.</summary>
    public IEnumerable<PromptPiece> Pieces
    {
        get
        {
            int start = 0;
            foreach ((int end, bool isTrusted) in runs)
            {
                yield return new PromptPiece(Text[start..end], isTrusted);
                start = end;
            }
        }
    }

    /// <summary>The whole text.</summary>
    public override string ToString() => Text;

    internal static PromptText Empty { get; } = new("", []);

    internal int Length => Text.Length;

    internal bool HasTrusted { get; }

    internal static PromptText Trusted(string text) => Whole(text, isTrusted: true);

    internal static PromptText Untrusted(string text) => Whole(text, isTrusted: false);

    internal PromptText Slice(int start, int length)
    {
        if (length == Length)
        {
            return this;
        }

        var builder = new PromptTextBuilder();
        builder.Append(this, start, length);
        return builder.ToPromptText();
    }

    /// <summary>The same kinds under another text of the same length.</summary>
    internal PromptText WithText(string text) => text.Length == Length
        ? new PromptText(text, runs)
        : throw new ArgumentException("The length differs.", nameof(text));

    /// <summary>Whether every character of a stretch is trusted; of an empty one none is asked.</summary>
    internal bool IsTrusted(int start, int length)
    {
        if (length == 0)
        {
            return true;
        }

        (int end, bool isTrusted) = runs[RunAt(start)];
        return isTrusted && start + length <= end;
    }

    /// <summary>The stretches of a part, with their ends counted from its start.</summary>
    internal IEnumerable<(int End, bool IsTrusted)> RunsOf(int start, int length)
    {
        for (int i = length == 0 ? runs.Length : RunAt(start), last = -1; i < runs.Length && last < length; i++)
        {
            last = Math.Min(runs[i].End - start, length);
            yield return (last, runs[i].IsTrusted);
        }
    }

    private static PromptText Whole(string text, bool isTrusted) =>
        text.Length == 0 ? Empty : new PromptText(text, [(text.Length, isTrusted)]);

    private int RunAt(int position)
    {
        int low = 0;
        int high = runs.Length - 1;
        while (low < high)
        {
            int middle = (low + high) / 2;
            (low, high) = runs[middle].End > position ? (low, middle) : (middle + 1, high);
        }

        return low;
    }
}
