// SPDX-License-Identifier: Apache-2.0
using System.Text;

namespace KleidiSharp.Bindings;

/// <summary>
/// A <c>/** */</c> comment: paragraphs, then the commands <c>@param</c> and <c>@return</c>; <c>@ref</c> anywhere.
/// </summary>
/// <param name="Paragraphs">Text before the first command.</param>
/// <param name="Parameters">Text of each <c>@param</c>, by name.</param>
/// <param name="Returns">Text of <c>@return</c>, or null.</param>
internal sealed record DocComment(
    IReadOnlyList<string> Paragraphs,
    IReadOnlyDictionary<string, string> Parameters,
    string? Returns)
{
    /// <summary>Parses a comment, delimiters included.</summary>
    /// <exception cref="BindingException">It is empty, or holds a command that is not known.</exception>
    public static DocComment Parse(string comment)
    {
        if (!comment.StartsWith("/**", StringComparison.Ordinal) || comment.StartsWith("/**<", StringComparison.Ordinal))
        {
            throw new BindingException("the documentation is not a /** */ comment in front of the declaration");
        }

        var paragraphs = new List<string>();
        var parameters = new Dictionary<string, string>();
        string? returns = null;
        foreach (string section in Sections(Text(comment)))
        {
            string[] words = Words(section);
            switch (words[0])
            {
                case "@param" when words.Length > 2:
                    parameters.Add(words[1], string.Join(' ', words[2..]));
                    break;
                case "@return" when words.Length > 1 && returns is null:
                    returns = string.Join(' ', words[1..]);
                    break;
                case var word when word.StartsWith('@') && word != "@ref":
                    throw new BindingException($"the documentation uses {word} in an unknown way: {section.Trim()}");
                default:
                    paragraphs.Add(string.Join(' ', words));
                    break;
            }
        }

        return paragraphs.Count > 0 || returns is not null
            ? new DocComment(paragraphs, parameters, returns)
            : throw new BindingException("the documentation is empty");
    }

    // The text without the delimiters and the asterisks that begin its lines.
    private static string Text(string comment)
    {
        var text = new StringBuilder();
        foreach (string line in comment[3..^2].Split('\n'))
        {
            string trimmed = line.Trim();
            text.Append(trimmed.StartsWith('*') ? trimmed[1..] : trimmed).Append('\n');
        }

        return text.ToString();
    }

    // Cuts the text at blank lines and before every command but @ref.
    private static IEnumerable<string> Sections(string text)
    {
        int begin = 0;
        for (int i = 0; i < text.Length; i++)
        {
            bool blankLine = text[i] == '\n' && i + 1 < text.Length && text[(i + 1)..].TrimStart(' ').StartsWith('\n');
            bool command = text[i] == '@' && !text[i..].StartsWith("@ref ", StringComparison.Ordinal);
            if ((blankLine || command) && text[begin..i].Trim().Length > 0)
            {
                yield return text[begin..i];
                begin = i;
            }
        }

        if (text[begin..].Trim().Length > 0)
        {
            yield return text[begin..];
        }
    }

    private static string[] Words(string text) =>
        text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
}
