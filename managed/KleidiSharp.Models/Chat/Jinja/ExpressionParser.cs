// SPDX-License-Identifier: Apache-2.0
using System.Globalization;
using System.Text;

namespace KleidiSharp.Models.Jinja;

/// <summary>Reads expressions, with Jinja's ranks of operators.</summary>
internal sealed partial class ExpressionParser(TokenReader reader)
{
    private static readonly string[] Comparisons = ["==", "!=", "<", ">", "<=", ">="];

    public Expression Parse()
    {
        reader.Enter();
        Expression value = ParseWithoutCondition();
        if (reader.Current.Is(TokenKind.Name, "if"))
        {
            int at = reader.Next().At;
            Expression test = ParseWithoutCondition();
            value = new Conditional(at, test, value, reader.SkipName("else") ? Parse() : null);
            if (reader.Current.Is(TokenKind.Name, "if"))
            {
                throw reader.Unexpected("the end of the expression");
            }
        }

        reader.Leave();
        return value;
    }

    public Expression ParseWithoutCondition() => ParseLogical("or", () => ParseLogical("and", ParseNot));

    private Expression ParseLogical(string word, Func<Expression> parseOperand)
    {
        Expression first = parseOperand();
        if (!reader.Current.Is(TokenKind.Name, word))
        {
            return first;
        }

        var operands = new List<Expression> { first };
        while (reader.SkipName(word))
        {
            operands.Add(parseOperand());
        }

        return new Logical(first.At, word == "and", [.. operands]);
    }

    private Expression ParseNot()
    {
        if (!reader.Current.Is(TokenKind.Name, "not"))
        {
            return ParseComparison();
        }

        reader.Enter();
        var value = new Not(reader.Next().At, ParseNot());
        reader.Leave();
        return value;
    }

    private Expression ParseComparison()
    {
        Expression first = ParseSum();
        var rest = new List<(string, int, Expression)>();
        while (true)
        {
            Token token = reader.Current;
            if (token.Kind == TokenKind.Operator && Comparisons.Contains(token.Text))
            {
                reader.Next();
                rest.Add((token.Text, token.At, ParseSum()));
            }
            else if (reader.SkipName("in"))
            {
                rest.Add(("in", token.At, ParseSum()));
            }
            else if (token.Is(TokenKind.Name, "not") && reader.Following.Is(TokenKind.Name, "in"))
            {
                reader.Next();
                reader.Next();
                rest.Add(("not in", token.At, ParseSum()));
            }
            else
            {
                return rest.Count == 0 ? first : new Comparison(first.At, first, [.. rest]);
            }
        }
    }

    private Expression ParseSum() => ParseArithmetic(ParseConcatenation, "+", "-");

    private Expression ParseConcatenation()
    {
        Expression first = ParseProduct();
        var operands = new List<Expression> { first };
        while (reader.SkipOperator("~"))
        {
            operands.Add(ParseProduct());
        }

        return operands.Count == 1 ? first : new Concatenation(first.At, [.. operands]);
    }

    private Expression ParseProduct() => ParseArithmetic(() => ParseUnary(withFilters: true), "*", "/", "//", "%");

    private Expression ParseArithmetic(Func<Expression> parseOperand, params string[] operators)
    {
        Expression first = parseOperand();
        var rest = new List<(string, int, Expression)>();
        while (reader.Current.Kind == TokenKind.Operator && operators.Contains(reader.Current.Text))
        {
            Token token = reader.Next();
            RefuseOperator(token, "/");
            rest.Add((token.Text, token.At, parseOperand()));
        }

        RefuseOperator(reader.Current, "**");
        return rest.Count == 0 ? first : new Arithmetic(first.At, first, [.. rest]);
    }

    private void RefuseOperator(Token token, string refused)
    {
        if (token.Is(TokenKind.Operator, refused))
        {
            throw reader.Source.Unsupported(token.At, $"the operator '{refused}'");
        }
    }

    // A sign binds more tightly than a filter: -1|abs is (-1)|abs.
    private Expression ParseUnary(bool withFilters)
    {
        Token token = reader.Current;
        Expression value;
        if (token is { Kind: TokenKind.Operator, Text: "+" or "-" })
        {
            reader.Enter();
            reader.Next();
            value = new Sign(token.At, token.Text == "-", ParseUnary(withFilters: false));
            reader.Leave();
        }
        else
        {
            value = ParsePrimary();
        }

        Step[] steps = ParseSteps(withFilters);
        return steps.Length == 0 ? value : new Chain(token.At, value, steps);
    }

    private Step[] ParseSteps(bool withFilters)
    {
        var steps = new List<Step>();
        while (true)
        {
            Token token = reader.Current;
            if (reader.SkipOperator("."))
            {
                steps.Add(ParseAttribute());
            }
            else if (reader.SkipOperator("["))
            {
                steps.Add(ParseSubscript(token.At));
            }
            else if (token.Is(TokenKind.Operator, "("))
            {
                throw reader.Source.Unsupported(token.At, "calling a value");
            }
            else if (withFilters && reader.SkipOperator("|"))
            {
                Token name = reader.Expect(TokenKind.Name, "the name of a filter");
                Builtin filter = Builtin.Find(Filters.All, name, "filter", reader.Source);
                steps.Add(new CallStep(name.At, filter, ParseArguments(name, filter)));
            }
            else if (withFilters && reader.SkipName("is"))
            {
                steps.Add(ParseTest());
            }
            else
            {
                return [.. steps];
            }
        }
    }

    private Step ParseAttribute()
    {
        if (reader.Current.Kind == TokenKind.Integer)
        {
            Token index = reader.Next();
            return new IndexStep(index.At, Integer(index));
        }

        Token name = reader.Expect(TokenKind.Name, "a name");
        if (!reader.Current.Is(TokenKind.Operator, "("))
        {
            return new AttributeStep(name.At, name.Text);
        }

        Builtin method = Builtin.Find(Methods.All, name, "method", reader.Source);
        return new CallStep(name.At, method, ParseArguments(name, method));
    }

    private Step ParseSubscript(int at)
    {
        Expression?[] parts = [null, null, null];
        int count = 1;
        while (!reader.SkipOperator("]"))
        {
            if (count < parts.Length && reader.SkipOperator(":"))
            {
                count++;
            }
            else if (parts[count - 1] is null && !reader.Current.Is(TokenKind.Operator, ":"))
            {
                parts[count - 1] = Parse();
            }
            else
            {
                throw reader.Unexpected("']'");
            }
        }

        return count > 1
            ? new SliceStep(at, parts[0], parts[1], parts[2])
            : new IndexStep(at, parts[0] ?? throw reader.Source.Fault(at, "the index is missing"));
    }

    private TestStep ParseTest()
    {
        bool negated = reader.SkipName("not");
        Token name = reader.Current.Is(TokenKind.Operator, "==")
            ? reader.Next()
            : reader.Expect(TokenKind.Name, "the name of a test");
        Builtin test = Builtin.Find(Tests.All, name, "test", reader.Source);
        if (test.Required == 0 || reader.Current.Is(TokenKind.Operator, "("))
        {
            return new TestStep(name.At, negated, test, ParseArguments(name, test));
        }

        return new TestStep(name.At, negated, test, [ParseUnary(withFilters: false)]);
    }

    private Expression ParsePrimary()
    {
        Token token = reader.Next();
        switch (token.Kind)
        {
            case TokenKind.Name:
                return ParseName(token);
            case TokenKind.Integer:
                return Integer(token);
            case TokenKind.String:
                var text = new StringBuilder(token.Text);
                while (reader.Current.Kind == TokenKind.String)
                {
                    text.Append(reader.Next().Text);
                }

                return new Constant(token.At, PromptText.Trusted(text.ToString()));
            case TokenKind.Operator when token.Text == "(":
                return ParseBrackets(token.At);
            case TokenKind.Operator when token.Text == "[":
                return new ListLiteral(token.At, [.. ParseItems("]", Parse)]);
            case TokenKind.Operator when token.Text == "{":
                return new DictLiteral(token.At, [.. ParseItems("}", ParsePair)]);
            default:
                throw reader.Source.Fault(token.At, $"{token} where a value was expected");
        }
    }

    private Expression ParseName(Token name)
    {
        switch (name.Text)
        {
            case "true" or "True":
                return new Constant(name.At, true);
            case "false" or "False":
                return new Constant(name.At, false);
            case "none" or "None":
                return new Constant(name.At, null);
        }

        if (!reader.Current.Is(TokenKind.Operator, "("))
        {
            return new Name(name.At, name.Text);
        }

        if (name.Text == "namespace")
        {
            return new NamespaceCall(name.At, ParseNamedArguments());
        }

        Builtin function = Builtin.Find(Functions.All, name, "function", reader.Source);
        return new FunctionCall(name.At, function, ParseArguments(name, function));
    }

    // A value in brackets, or a tuple, which behaves as a list.
    private Expression ParseBrackets(int at)
    {
        if (reader.SkipOperator(")"))
        {
            return new ListLiteral(at, []);
        }

        Expression first = Parse();
        if (!reader.SkipOperator(","))
        {
            reader.ExpectOperator(")");
            return first;
        }

        return new ListLiteral(at, [first, .. ParseItems(")", Parse)]);
    }

    private List<T> ParseItems<T>(string close, Func<T> parse)
    {
        var items = new List<T>();
        while (!reader.SkipOperator(close))
        {
            items.Add(parse());
            if (!reader.Current.Is(TokenKind.Operator, close))
            {
                reader.ExpectOperator(",");
            }
        }

        return items;
    }

    private (Expression Key, Expression Value) ParsePair()
    {
        Expression key = Parse();
        reader.ExpectOperator(":");
        return (key, Parse());
    }

    private Constant Integer(Token token) =>
        long.TryParse(token.Text, NumberStyles.None, CultureInfo.InvariantCulture, out long value)
            ? new Constant(token.At, value)
            : throw reader.Source.Unsupported(token.At, "a number of more than 64 bits");
}
