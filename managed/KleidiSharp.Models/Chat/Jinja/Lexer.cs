// SPDX-License-Identifier: Apache-2.0
using System.Globalization;
using System.Text;

namespace KleidiSharp.Models.Jinja;

/// <summary>
/// Cuts a template into words, as Jinja does with trim_blocks and lstrip_blocks: a line feed right after a block or
/// comment goes, and so does white space before one at the start of its line; "-" takes all white space on its side,
/// "+" leaves it.
/// </summary>
internal sealed class Lexer
{
    private static readonly string[] Operators =
    [
        "//", "**", "==", "!=", "<=", ">=", "+", "-", "*", "/", "%", "~", "<", ">", "=", "(", ")", "[", "]", "{", "}", ".",
        ":", ",", "|", ";",
    ];

    private readonly TemplateSource source;
    private readonly string text;
    private readonly List<Token> tokens = [];
    private int position;

    private Lexer(TemplateSource source)
    {
        this.source = source;
        text = source.Text;
    }

    public static List<Token> Read(TemplateSource source)
    {
        var lexer = new Lexer(source);
        while (lexer.position < lexer.text.Length)
        {
            lexer.ReadData();
        }

        lexer.Add(TokenKind.End, "", lexer.position);
        return lexer.tokens;
    }

    // Text up to the next tag, and the tag.
    private void ReadData()
    {
        int start = position;
        int tag = FindTag();
        bool atLineStart = start == 0 || text[start - 1] == '\n';
        if (tag < 0)
        {
            Add(TokenKind.Data, text[start..], start);
            position = text.Length;
            return;
        }

        char kind = text[tag + 1];
        char sign = tag + 2 < text.Length ? text[tag + 2] : '\0';
        int end = tag;
        if (sign == '-')
        {
            end = start + TextRules.TrimEnd(text.AsSpan(start, tag - start)).Length;
        }
        else if (sign != '+' && kind != '{')
        {
            int line = start + text.AsSpan(start, tag - start).LastIndexOf('\n') + 1;
            bool opensLine = line > start || atLineStart;
            end = opensLine && TextRules.IsBlank(text.AsSpan(line, tag - line)) ? line : tag;
        }

        if (end > start)
        {
            Add(TokenKind.Data, text[start..end], start);
        }

        position = tag + (sign is '-' or '+' ? 3 : 2);
        switch (kind)
        {
            case '#':
                SkipComment(tag);
                break;
            case '%':
                Add(TokenKind.BlockBegin, "{%", tag);
                ReadWords(tag, "%}", TokenKind.BlockEnd);
                break;
            default:
                Add(TokenKind.VariableBegin, "{{", tag);
                ReadWords(tag, "}}", TokenKind.VariableEnd);
                break;
        }
    }

    private int FindTag()
    {
        for (int at = position; (at = text.IndexOf('{', at)) >= 0 && at + 1 < text.Length; at++)
        {
            if (text[at + 1] is '%' or '{' or '#')
            {
                return at;
            }
        }

        return -1;
    }

    private void SkipComment(int tag)
    {
        int end = text.IndexOf("#}", position, StringComparison.Ordinal);
        if (end < 0)
        {
            throw source.Fault(tag, "the comment has no end");
        }

        char sign = end > position ? text[end - 1] : '\0';
        position = end + 2;
        SkipAfterTag(sign, trim: true);
    }

    private void SkipAfterTag(char sign, bool trim)
    {
        if (sign == '-')
        {
            SkipSpace();
        }
        else if (trim && sign != '+' && position < text.Length && text[position] == '\n')
        {
            position++;
        }
    }

    // The inside of a tag. Within brackets, its end is no end: {{ {'a': {}} }}.
    private void ReadWords(int tag, string close, TokenKind end)
    {
        var brackets = new Stack<char>();
        while (true)
        {
            SkipSpace();
            if (position >= text.Length)
            {
                throw source.Fault(tag, $"the tag has no end '{close}'");
            }

            char first = text[position];
            bool signed = first == '-' || (first == '+' && end == TokenKind.BlockEnd);
            if (brackets.Count == 0 && string.CompareOrdinal(text, position + (signed ? 1 : 0), close, 0, 2) == 0)
            {
                Add(end, close, position);
                position += signed ? 3 : 2;
                SkipAfterTag(signed ? first : '\0', trim: end == TokenKind.BlockEnd);
                return;
            }

            ReadWord(first, brackets);
        }
    }

    private void ReadWord(char first, Stack<char> brackets)
    {
        int start = position;
        if (char.IsLetter(first) || first == '_')
        {
            position = EndOf(c => char.IsLetterOrDigit(c) || c == '_');
            Add(TokenKind.Name, text[start..position], start);
        }
        else if (char.IsAsciiDigit(first))
        {
            ReadNumber();
        }
        else if (first is '\'' or '"')
        {
            Add(TokenKind.String, ReadString(first), start);
        }
        else
        {
            string word = Array.Find(Operators, o => string.CompareOrdinal(text, start, o, 0, o.Length) == 0)
                ?? throw source.Fault(start, $"'{first}' begins no word of the language");
            Balance(word[0], start, brackets);
            position += word.Length;
            Add(TokenKind.Operator, word, start);
        }
    }

    private void Balance(char word, int at, Stack<char> brackets)
    {
        if (word is '(' or '[' or '{')
        {
            brackets.Push(word switch { '(' => ')', '[' => ']', _ => '}' });
        }
        else if (word is ')' or ']' or '}' && (!brackets.TryPop(out char wanted) || wanted != word))
        {
            throw source.Fault(at, $"'{word}' closes nothing");
        }
    }

    private void ReadNumber()
    {
        int start = position;
        position = EndOf(c => char.IsAsciiLetterOrDigit(c) || c == '_');
        bool fraction = position + 1 < text.Length && text[position] == '.' && char.IsAsciiDigit(text[position + 1]);
        string digits = text[start..position].Replace("_", "", StringComparison.Ordinal);
        if (fraction || !digits.All(char.IsAsciiDigit))
        {
            throw source.Unsupported(start, "a number that is not a whole one in decimal digits");
        }

        Add(TokenKind.Integer, digits, start);
    }

    private string ReadString(char quote)
    {
        int start = position++;
        var value = new StringBuilder();
        while (position < text.Length && text[position] != quote)
        {
            if (text[position] == '\\' && position + 1 < text.Length)
            {
                ReadEscape(value);
            }
            else
            {
                value.Append(text[position++]);
            }
        }

        if (position++ >= text.Length)
        {
            throw source.Fault(start, "the string has no end");
        }

        return value.ToString();
    }

    // Python's escapes; one that it does not know stands for itself, the backslash included.
    private void ReadEscape(StringBuilder value)
    {
        char kind = text[position + 1];
        int digits = kind switch { 'x' => 2, 'u' => 4, 'U' => 8, _ => 0 };
        if (digits > 0)
        {
            string hex = text.Substring(position + 2, Math.Min(digits, text.Length - position - 2));
            if (hex.Length != digits
                || !int.TryParse(hex, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out int code)
                || code is < 0 or > 0x10FFFF)
            {
                throw source.Fault(position, $"'\\{kind}' needs {digits} hexadecimal digits of a character");
            }

            value.Append(code < 0x10000 ? ((char)code).ToString() : char.ConvertFromUtf32(code));
            position += 2 + digits;
            return;
        }

        if (kind is >= '0' and <= '7')
        {
            throw source.Unsupported(position, "an octal escape");
        }

        const string letters = "\\'\"abfnrtv\n";
        const string meanings = "\\'\"\a\b\f\n\r\t\v";
        int known = letters.IndexOf(kind, StringComparison.Ordinal);
        _ = known < 0 ? value.Append('\\').Append(kind) : known < meanings.Length ? value.Append(meanings[known]) : value;
        position += 2;
    }

    private void SkipSpace() => position = EndOf(TextRules.IsSpace);

    private int EndOf(Func<char, bool> belongs)
    {
        int end = position;
        while (end < text.Length && belongs(text[end]))
        {
            end++;
        }

        return end;
    }

    private void Add(TokenKind kind, string value, int at) => tokens.Add(new Token(kind, value, at));
}
