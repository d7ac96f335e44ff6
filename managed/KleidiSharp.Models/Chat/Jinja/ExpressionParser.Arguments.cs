// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp.Models.Jinja;

/// <content>What stands in the brackets of a call.</content>
internal sealed partial class ExpressionParser
{
    // Arguments in the order of the parameters, null where there is none. Without brackets there are none at all.
    private Expression?[] ParseArguments(Token name, Builtin function)
    {
        var arguments = new Expression?[function.Parameters.Length];
        int positional = 0;
        foreach ((string? given, Expression value) in ReadArguments())
        {
            int slot = given is null ? positional++ : Array.IndexOf(function.Parameters, given);
            if (slot < 0 || slot >= arguments.Length)
            {
                string argument = given is null ? $"argument {positional}" : $"the argument '{given}'";
                throw reader.Source.Unsupported(value.At, $"{argument} of '{name.Text}'");
            }

            arguments[slot] = arguments[slot] is null
                ? value
                : throw reader.Source.Fault(value.At, $"'{name.Text}' is given '{given}' twice");
        }

        int missing = Array.IndexOf(arguments, null, 0, function.Required);
        return missing < 0
            ? arguments
            : throw reader.Source.Fault(name.At, $"'{name.Text}' needs the argument '{function.Parameters[missing]}'");
    }

    private List<(string? Name, Expression Value)> ReadArguments()
    {
        var arguments = new List<(string?, Expression)>();
        if (!reader.SkipOperator("("))
        {
            return arguments;
        }

        while (!reader.SkipOperator(")"))
        {
            if (reader.Current is { Kind: TokenKind.Operator, Text: "*" or "**" } star)
            {
                throw reader.Source.Unsupported(star.At, "unpacking arguments");
            }

            string? name = null;
            if (reader.Current.Kind == TokenKind.Name && reader.Following.Is(TokenKind.Operator, "="))
            {
                name = reader.Next().Text;
                reader.Next();
            }

            arguments.Add((name, Parse()));
            if (!reader.Current.Is(TokenKind.Operator, ")"))
            {
                reader.ExpectOperator(",");
            }
        }

        return arguments;
    }

    private (string Name, Expression Value)[] ParseNamedArguments()
    {
        var arguments = new List<(string, Expression)>();
        foreach ((string? name, Expression value) in ReadArguments())
        {
            arguments.Add((
                name ?? throw reader.Source.Unsupported(value.At, "an argument of 'namespace' without a name"), value));
        }

        return [.. arguments];
    }
}
