// SPDX-License-Identifier: Apache-2.0
using System.Globalization;

namespace KleidiSharp.Models.Jinja;

/// <summary>
/// The filter "tojson", as transformers has it: Python's json.dumps, which leaves letters of all scripts as they are.
/// </summary>
internal static class Json
{
    private const int MaxDepth = 50;
    private const int MaxIndent = 16;

    public static object? Write(Invocation call)
    {
        if (Runtime.IsTrue(call.Arguments[0]))
        {
            throw call.Runtime.Unsupported(call.At, "the argument 'ensure_ascii' of 'tojson'");
        }

        long? indent = call.Arguments[1] is null or Undefined ? null : call.NumberArgument(1, 0);
        if (indent is < 0 or > MaxIndent)
        {
            throw call.Fault($"the indent is {indent}; 0 to {MaxIndent} are possible");
        }

        var builder = new PromptTextBuilder();
        Write(call, call.Target, (int?)indent, 0, builder);
        return builder.ToPromptText();
    }

    private static void Write(Invocation call, object? value, int? indent, int depth, PromptTextBuilder builder)
    {
        call.Runtime.Budget.Step(call.At);
        if (depth > MaxDepth)
        {
            throw call.Fault($"values of more than {MaxDepth} levels become JSON");
        }

        switch (value)
        {
            case null or bool:
                Append(value is null ? "null" : value is true ? "true" : "false");
                break;
            case long number:
                Append(number.ToString(CultureInfo.InvariantCulture));
                break;
            case PromptText text:
                WriteString(call, text, builder);
                break;
            case object?[] list:
                WriteItems(list, '[', ']', item => Write(call, item, indent, depth + 1, builder));
                break;
            case Mapping mapping:
                WriteItems(mapping.Items, '{', '}', item =>
                {
                    WriteString(call, item.Key, builder);
                    Append(": ");
                    Write(call, item.Value, indent, depth + 1, builder);
                });
                break;
            default:
                throw call.Fault($"{Runtime.Describe(value)} cannot become JSON");
        }

        void WriteItems<T>(ICollection<T> items, char open, char close, Action<T> write)
        {
            Append(open.ToString());
            string separator = "";
            foreach (T item in items)
            {
                Append(separator);
                NewLine(depth + 1);
                write(item);
                separator = indent is null ? ", " : ",";
            }

            if (items.Count > 0)
            {
                NewLine(depth);
            }

            Append(close.ToString());
        }

        void NewLine(int level)
        {
            if (indent is { } width)
            {
                Append("\n" + new string(' ', width * level));
            }
        }

        void Append(string text)
        {
            call.Runtime.Budget.Text(call.At, text.Length);
            builder.Append(text, isTrusted: true);
        }
    }

    // What stands for a character is as trusted as the character.
    private static void WriteString(Invocation call, PromptText text, PromptTextBuilder builder)
    {
        call.Runtime.Budget.Text(call.At, 6L * text.Length + 2);
        builder.Append("\"", isTrusted: true);
        foreach (PromptPiece piece in text.Pieces)
        {
            builder.Append(string.Concat(piece.Text.Select(Escape)), piece.IsTrusted);
        }

        builder.Append("\"", isTrusted: true);
    }

    private static string Escape(char c) => c switch
    {
        '"' => "\\\"",
        '\\' => "\\\\",
        '\n' => "\\n",
        '\r' => "\\r",
        '\t' => "\\t",
        '\b' => "\\b",
        '\f' => "\\f",
        < ' ' => string.Create(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}"),
        _ => c.ToString(),
    };
}
