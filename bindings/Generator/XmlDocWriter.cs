// SPDX-License-Identifier: Apache-2.0
using System.Text;

namespace KleidiSharp.Bindings;

/// <summary>Writes the documentation of the header as C# XML documentation.</summary>
internal sealed class XmlDocWriter
{
    private const int Width = 120;
    private readonly Dictionary<string, string> references;

    /// <summary>Creates a writer.</summary>
    /// <param name="references">What <c>@ref</c> can name, and the C# spelling of each.</param>
    public XmlDocWriter(Dictionary<string, string> references) => this.references = references;

    /// <summary>Writes the documentation of one declaration.</summary>
    public void Write(StringBuilder output, string indent, DocComment doc)
    {
        string? returns = doc.Returns is { } text ? Markup(text) : null;
        string summary = doc.Paragraphs.Count > 0 ? Markup(doc.Paragraphs[0]) : $"Returns {returns}";
        Element(output, indent, "summary", "summary", [summary]);
        foreach ((string name, string description) in doc.Parameters)
        {
            Element(output, indent, $"param name=\"{name}\"", "param", [Markup(description)]);
        }

        if (returns is not null)
        {
            Element(output, indent, "returns", "returns", [returns]);
        }

        if (doc.Paragraphs.Count > 1)
        {
            Element(output, indent, "remarks", "remarks", [.. doc.Paragraphs.Skip(1).Select(Markup)]);
        }
    }

    // Escapes the text; `code` becomes <c>, @ref name becomes <see>.
    private string Markup(string text)
    {
        string[] parts = text.Split('`');
        var result = new StringBuilder();
        for (int i = 0; i < parts.Length; i++)
        {
            string part = parts[i]
                .Replace("&", "&amp;", StringComparison.Ordinal)
                .Replace("<", "&lt;", StringComparison.Ordinal)
                .Replace(">", "&gt;", StringComparison.Ordinal);
            result.Append(i % 2 == 1 ? $"<c>{part}</c>" : Link(part));
        }

        return result.ToString();
    }

    private string Link(string text)
    {
        const string Command = "@ref ";
        int at = text.IndexOf(Command, StringComparison.Ordinal);
        if (at < 0)
        {
            return text;
        }

        string name = string.Concat(text[(at + Command.Length)..].TakeWhile(c => char.IsAsciiLetterOrDigit(c) || c == '_'));
        if (!references.TryGetValue(name, out string? target))
        {
            throw new BindingException($"@ref {name}: the header declares no such name");
        }

        return $"{text[..at]}<see cref=\"{target}\"/>{Link(text[(at + Command.Length + name.Length)..])}";
    }

    private static void Element(StringBuilder output, string indent, string opening, string closing, string[] paragraphs)
    {
        string line = $"{indent}/// <{opening}>{paragraphs[0]}</{closing}>";
        if (paragraphs.Length == 1 && line.Length <= Width)
        {
            output.Append(line).Append('\n');
            return;
        }

        output.Append(indent).Append("/// <").Append(opening).Append(">\n");
        foreach (string paragraph in paragraphs)
        {
            Wrap(output, indent + "/// ", paragraphs.Length == 1 ? paragraph : $"<para>{paragraph}</para>");
        }

        output.Append(indent).Append("/// </").Append(closing).Append(">\n");
    }

    private static void Wrap(StringBuilder output, string prefix, string text)
    {
        string line = prefix;
        foreach (string word in text.Split(' '))
        {
            if (line.Length + word.Length > Width && line != prefix)
            {
                output.Append(line.TrimEnd()).Append('\n');
                line = prefix;
            }

            line += word + " ";
        }

        output.Append(line.TrimEnd()).Append('\n');
    }
}
