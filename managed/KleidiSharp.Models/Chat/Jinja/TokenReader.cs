// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp.Models.Jinja;

/// <summary>The words of a template, one after another, for the parsers.</summary>
internal sealed class TokenReader(TemplateSource source)
{
    // Each level costs a dozen frames of the stack, here and in the evaluator.
    private const int MaxDepth = 50;

    private readonly List<Token> tokens = Lexer.Read(source);
    private int index;
    private int depth;

    public TemplateSource Source => source;

    public Token Current => tokens[index];

    public Token Following => tokens[Math.Min(index + 1, tokens.Count - 1)];

    public Token Next()
    {
        Token token = Current;
        index = Math.Min(index + 1, tokens.Count - 1);
        return token;
    }

    public bool Skip(TokenKind kind, string text)
    {
        bool found = Current.Is(kind, text);
        if (found)
        {
            Next();
        }

        return found;
    }

    public bool SkipOperator(string text) => Skip(TokenKind.Operator, text);

    public bool SkipName(string text) => Skip(TokenKind.Name, text);

    public Token Expect(TokenKind kind, string what) => Current.Kind == kind ? Next() : throw Unexpected(what);

    public void ExpectOperator(string text)
    {
        if (!SkipOperator(text))
        {
            throw Unexpected($"'{text}'");
        }
    }

    public ChatTemplateException Unexpected(string expected) =>
        source.Fault(Current.At, $"{Current} where {expected} was expected");

    public void Enter()
    {
        if (++depth > MaxDepth)
        {
            throw source.Fault(Current.At, $"more than {MaxDepth} levels are nested");
        }
    }

    public void Leave() => depth--;
}
