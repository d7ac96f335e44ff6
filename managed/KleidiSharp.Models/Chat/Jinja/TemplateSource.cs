// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp.Models.Jinja;

/// <summary>The text of a template, and where in it something is wrong.</summary>
internal sealed class TemplateSource
{
    /// <param name="origin">What faults call the template.</param>
    /// <param name="text">Its text. Line ends of any kind become line feeds; one at the very end is no part of it.</param>
    public TemplateSource(string origin, string text)
    {
        Origin = origin;
        string lines = text.Replace("\r\n", "\n", StringComparison.Ordinal).Replace('\r', '\n');
        Text = lines.EndsWith('\n') ? lines[..^1] : lines;
    }

    public string Origin { get; }

    public string Text { get; }

    /// <summary>What breaks the rules of the language, or a limit.</summary>
    public ChatTemplateException Fault(int at, string message)
    {
        (int line, int column) = Place(at);
        return new ChatTemplateException($"{Origin}, line {line}, column {column}: {message}.", line, column);
    }

    /// <summary>What the language has and this library has not.</summary>
    public NotSupportedException Unsupported(int at, string construct)
    {
        (int line, int column) = Place(at);
        return new NotSupportedException($"{Origin}, line {line}, column {column}: {construct} is not supported.");
    }

    private (int Line, int Column) Place(int at)
    {
        ReadOnlySpan<char> before = Text.AsSpan(0, Math.Min(at, Text.Length));
        return (before.Count('\n') + 1, before.Length - before.LastIndexOf('\n'));
    }
}
