// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp.Models.Jinja;

/// <summary>Reads text, output and blocks.</summary>
internal sealed class StatementParser
{
    private static readonly string[] Inner = ["elif", "else", "endif", "endfor", "endset", "endgeneration"];

    private readonly TokenReader reader;
    private readonly ExpressionParser expressions;
    private int loops;

    private StatementParser(TemplateSource source)
    {
        reader = new TokenReader(source);
        expressions = new ExpressionParser(reader);
    }

    public static Statement[] Parse(TemplateSource source)
    {
        var parser = new StatementParser(source);
        Statement[] statements = parser.ParseBody();
        Token rest = parser.reader.Current;
        return rest.Kind == TokenKind.End
            ? statements
            : throw source.Fault(rest.At, $"'{parser.reader.Following.Text}' ends no block");
    }

    // Up to the end, or to a block whose name is one that ends or divides another.
    private Statement[] ParseBody()
    {
        reader.Enter();
        var statements = new List<Statement>();
        while (true)
        {
            Token token = reader.Current;
            switch (token.Kind)
            {
                case TokenKind.Data:
                    reader.Next();
                    statements.Add(new TextStatement(token.At, PromptText.Trusted(token.Text)));
                    break;
                case TokenKind.VariableBegin:
                    reader.Next();
                    statements.Add(new OutputStatement(token.At, expressions.Parse()));
                    reader.Expect(TokenKind.VariableEnd, "'}}'");
                    break;
                case TokenKind.BlockBegin when reader.Following.Kind != TokenKind.Name || !Inner.Contains(reader.Following.Text):
                    reader.Next();
                    statements.AddRange(ParseBlock());
                    break;
                default:
                    reader.Leave();
                    return [.. statements];
            }
        }
    }

    private Statement[] ParseBlock()
    {
        Token name = reader.Expect(TokenKind.Name, "the name of a statement");
        return name.Text switch
        {
            "if" => [ParseIf(name.At)],
            "for" => [ParseFor(name.At)],
            "set" => [ParseSet(name.At)],
            "break" or "continue" => [ParseLeave(name)],
            "generation" => ParseGeneration(),
            _ => throw reader.Source.Unsupported(name.At, $"the statement '{name.Text}'"),
        };
    }

    private IfStatement ParseIf(int at)
    {
        var branches = new List<(Expression, Statement[])>();
        string divider;
        do
        {
            Expression test = expressions.Parse();
            EndBlock();
            branches.Add((test, ParseBody()));
            divider = ParseDivider(at, "if", "elif", "else", "endif");
        }
        while (divider == "elif");
        Statement[] otherwise = [];
        if (divider == "else")
        {
            EndBlock();
            otherwise = ParseBody();
            ParseDivider(at, "if", "endif");
        }

        EndBlock();
        return new IfStatement(at, [.. branches], otherwise);
    }

    private ForStatement ParseFor(int at)
    {
        var targets = new List<string>();
        bool bracketed = reader.SkipOperator("(");
        do
        {
            targets.Add(reader.Expect(TokenKind.Name, "a name").Text);
        }
        while (reader.SkipOperator(","));
        if (bracketed)
        {
            reader.ExpectOperator(")");
        }

        if (!reader.SkipName("in"))
        {
            throw reader.Unexpected("'in'");
        }

        Expression items = expressions.ParseWithoutCondition();
        Expression? condition = reader.SkipName("if") ? expressions.Parse() : null;
        if (reader.Current.Is(TokenKind.Name, "recursive"))
        {
            throw reader.Source.Unsupported(reader.Current.At, "a recursive loop");
        }

        EndBlock();
        loops++;
        Statement[] body = ParseBody();
        loops--;
        Statement[] otherwise = [];
        if (ParseDivider(at, "for", "else", "endfor") == "else")
        {
            EndBlock();
            otherwise = ParseBody();
            ParseDivider(at, "for", "endfor");
        }

        EndBlock();
        return new ForStatement(at, [.. targets], items, condition, body, otherwise);
    }

    private SetStatement ParseSet(int at)
    {
        string name = reader.Expect(TokenKind.Name, "a name").Text;
        string? attribute = reader.SkipOperator(".") ? reader.Expect(TokenKind.Name, "a name").Text : null;
        if (reader.SkipOperator("="))
        {
            Expression value = expressions.Parse();
            EndBlock();
            return new SetStatement(at, name, attribute, value, []);
        }

        if (reader.Current is { Kind: TokenKind.Operator, Text: "|" or "," } other)
        {
            throw reader.Source.Unsupported(
                other.At, other.Text == "|" ? "a filter on a set block" : "setting several names at once");
        }

        EndBlock();
        Statement[] body = ParseBody();
        ParseDivider(at, "set", "endset");
        EndBlock();
        return new SetStatement(at, name, attribute, null, body);
    }

    // What a model is trained on; in a prompt it changes nothing.
    private Statement[] ParseGeneration()
    {
        int at = reader.Current.At;
        EndBlock();
        Statement[] body = ParseBody();
        ParseDivider(at, "generation", "endgeneration");
        EndBlock();
        return body;
    }

    private LeaveStatement ParseLeave(Token name)
    {
        if (loops == 0)
        {
            throw reader.Source.Fault(name.At, $"'{name.Text}' is in no loop");
        }

        EndBlock();
        return new LeaveStatement(name.At, name.Text == "break");
    }

    private string ParseDivider(int at, string block, params ReadOnlySpan<string> expected)
    {
        Token name = reader.Following;
        if (reader.Current.Kind == TokenKind.End)
        {
            throw reader.Source.Fault(at, $"'{block}' has no '{expected[^1]}'");
        }

        if (!expected.Contains(name.Text))
        {
            throw reader.Source.Fault(name.At, $"'{name.Text}' where '{expected[^1]}' was expected");
        }

        reader.Next();
        reader.Next();
        return name.Text;
    }

    private void EndBlock() => reader.Expect(TokenKind.BlockEnd, "'%}'");
}
