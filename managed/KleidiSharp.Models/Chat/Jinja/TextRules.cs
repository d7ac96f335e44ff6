// SPDX-License-Identifier: Apache-2.0
using System.Text;

namespace KleidiSharp.Models.Jinja;

/// <summary>What Python's strings do: white space, counting by code points.</summary>
internal static class TextRules
{
    public static bool IsSpace(char c) => char.IsWhiteSpace(c) || c is >= '\x1C' and <= '\x1F';

    public static bool IsBlank(ReadOnlySpan<char> text) => TrimEnd(text).IsEmpty;

    public static ReadOnlySpan<char> TrimEnd(ReadOnlySpan<char> text)
    {
        int end = text.Length;
        while (end > 0 && IsSpace(text[end - 1]))
        {
            end--;
        }

        return text[..end];
    }

    /// <summary>Takes characters off the ends.</summary>
    /// <param name="text">The text.</param>
    /// <param name="characters">Those to take off; null for white space.</param>
    /// <param name="start">Whether the start is trimmed.</param>
    /// <param name="end">Whether the end is trimmed.</param>
    public static PromptText Trim(PromptText text, string? characters, bool start, bool end)
    {
        int from = 0;
        int to = text.Length;
        while (start && from < to && Goes(text.Text[from]))
        {
            from++;
        }

        while (end && from < to && Goes(text.Text[to - 1]))
        {
            to--;
        }

        return text.Slice(from, to - from);

        bool Goes(char c) => characters?.Contains(c, StringComparison.Ordinal) ?? IsSpace(c);
    }

    /// <summary>The first letter large and the rest small.</summary>
    public static PromptText Capitalize(PromptText text)
    {
        char[] characters = text.Text.ToLowerInvariant().ToCharArray();
        if (characters.Length > 0)
        {
            characters[0] = char.ToUpperInvariant(characters[0]);
        }

        return text.WithText(new string(characters));
    }

    /// <summary>Letters after what is no letter large, the others small.</summary>
    public static PromptText Title(PromptText text)
    {
        char[] characters = text.Text.ToLowerInvariant().ToCharArray();
        for (int i = 0; i < characters.Length; i++)
        {
            if (i == 0 || !char.IsLetter(characters[i - 1]))
            {
                characters[i] = char.ToUpperInvariant(characters[i]);
            }
        }

        return text.WithText(new string(characters));
    }

    /// <summary>The number of code points.</summary>
    public static int Count(PromptText text)
    {
        int pairs = 0;
        for (int i = 1; i < text.Length; i++)
        {
            pairs += char.IsSurrogatePair(text.Text[i - 1], text.Text[i]) ? 1 : 0;
        }

        return text.Length - pairs;
    }

    /// <summary>Where each code point begins, and the end.</summary>
    public static int[] Starts(PromptText text)
    {
        var starts = new int[Count(text) + 1];
        for (int i = 0, at = 0; i < starts.Length; i++)
        {
            starts[i] = at;
            at += at < text.Length && Rune.TryGetRuneAt(text.Text, at, out Rune rune) ? rune.Utf16SequenceLength : 1;
        }

        return starts;
    }

    /// <summary>Replaces a part, from the left.</summary>
    /// <param name="text">The text.</param>
    /// <param name="old">What goes; not empty.</param>
    /// <param name="replacement">What comes.</param>
    /// <param name="count">How often at most; negative for always.</param>
    public static PromptText Replace(PromptText text, string old, PromptText replacement, long count)
    {
        var builder = new PromptTextBuilder();
        int start = 0;
        for (int at; count != 0 && (at = text.Text.IndexOf(old, start, StringComparison.Ordinal)) >= 0; count--)
        {
            builder.Append(text, start, at - start);
            builder.Append(replacement);
            start = at + old.Length;
        }

        builder.Append(text, start, text.Length - start);
        return builder.ToPromptText();
    }

    /// <summary>The parts between separators.</summary>
    /// <param name="text">The text.</param>
    /// <param name="separator">Not empty; null for white space, which gives no empty parts.</param>
    /// <param name="count">How many cuts at most; negative for all.</param>
    public static IEnumerable<PromptText> Split(PromptText text, string? separator, long count)
    {
        int start = 0;
        if (separator is not null)
        {
            for (int at; count != 0 && (at = text.Text.IndexOf(separator, start, StringComparison.Ordinal)) >= 0; count--)
            {
                yield return text.Slice(start, at - start);
                start = at + separator.Length;
            }

            yield return text.Slice(start, text.Length - start);
            yield break;
        }

        for (; (start = Next(start, space: false)) < text.Length; count--)
        {
            int end = count == 0 ? TrimEnd(text.Text).Length : Next(start, space: true);
            yield return text.Slice(start, end - start);
            start = end;
        }

        int Next(int from, bool space)
        {
            while (from < text.Length && IsSpace(text.Text[from]) != space)
            {
                from++;
            }

            return from;
        }
    }
}
