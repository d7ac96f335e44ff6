// SPDX-License-Identifier: Apache-2.0
using System.Text;

namespace KleidiSharp.Bindings;

/// <summary>
/// The text of a header, for the two things that castxml does not report: the comments of enumerators and the macros.
/// It only tells comments, literals, directives and identifiers apart; declarations are read from the syntax tree.
/// </summary>
internal sealed class HeaderText
{
    private readonly byte[] bytes;
    private readonly List<(string Name, int Line, string Comment)> documented = [];

    /// <summary>Reads a header.</summary>
    public HeaderText(string path)
    {
        bytes = File.ReadAllBytes(path);
        Scan();
    }

    /// <summary>The macros that are defined with a value, and the line of each.</summary>
    public List<(string Name, int Line)> Macros { get; } = [];

    /// <summary>The text between two positions, in bytes.</summary>
    public string Slice(int begin, int end) => Encoding.UTF8.GetString(bytes, begin, end - begin);

    /// <summary>The comment in front of the first identifier of that name at or after a line, or null.</summary>
    public string? CommentBefore(string identifier, int fromLine) =>
        documented.FirstOrDefault(d => d.Name == identifier && d.Line >= fromLine).Comment;

    private void Scan()
    {
        string text = Encoding.UTF8.GetString(bytes);
        string? comment = null;
        int line = 1;
        bool lineStart = true;
        for (int i = 0; i < text.Length;)
        {
            int end = TokenEnd(text, i, lineStart);
            string token = text[i..end];
            if (token.StartsWith("/*", StringComparison.Ordinal))
            {
                comment = token;
            }
            else if (lineStart && token[0] == '#')
            {
                AddMacro(token, line);
            }
            else if (!char.IsWhiteSpace(token[0]))
            {
                if (comment is not null)
                {
                    documented.Add((token, line, comment));
                }

                comment = null;
            }

            lineStart = token[0] == '\n' || (lineStart && char.IsWhiteSpace(token[0]));
            line += token.AsSpan().Count('\n');
            i = end;
        }
    }

    // One past the token that begins at i: a comment, a literal, a directive, an identifier, or a single character.
    private static int TokenEnd(string text, int i, bool lineStart)
    {
        string rest = text[i..Math.Min(i + 2, text.Length)];
        return rest switch
        {
            "/*" => After(text, "*/", i + 2),
            "//" => Before(text, i),
            ['"', ..] or ['\'', ..] => LiteralEnd(text, i),
            ['#', ..] when lineStart => Before(text, i),
            _ when IsIdentifier(text[i]) => i + text[i..].TakeWhile(IsIdentifier).Count(),
            _ => i + 1,
        };
    }

    private static bool IsIdentifier(char c) => char.IsAsciiLetterOrDigit(c) || c == '_';

    private static int After(string text, string what, int from)
    {
        int at = text.IndexOf(what, from, StringComparison.Ordinal);
        return at < 0 ? text.Length : at + what.Length;
    }

    // The end of the line, where a backslash at its end continues it.
    private static int Before(string text, int from)
    {
        int at = from;
        do
        {
            at = text.IndexOf('\n', at + 1);
        }
        while (at > 0 && text[at - 1] == '\\');
        return at < 0 ? text.Length : at;
    }

    private static int LiteralEnd(string text, int i)
    {
        int at = i + 1;
        while (at < text.Length && text[at] != text[i])
        {
            at += text[at] == '\\' ? 2 : 1;
        }

        return Math.Min(at + 1, text.Length);
    }

    private void AddMacro(string directive, int line)
    {
        string[] words = directive[1..].Split((char[]?)null, 3, StringSplitOptions.RemoveEmptyEntries);
        if (words.Length == 3 && words[0] == "define")
        {
            Macros.Add((words[1], line));
        }
    }
}
