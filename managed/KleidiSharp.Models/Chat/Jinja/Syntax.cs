// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp.Models.Jinja;

// Operators of one rank are one node with any number of operands, and what follows a value is a list of steps, so that
// a tree is only as deep as the template nests.

internal abstract record Expression(int At);

internal sealed record Constant(int At, object? Value) : Expression(At);

internal sealed record Name(int At, string Id) : Expression(At);

internal sealed record ListLiteral(int At, Expression[] Items) : Expression(At);

internal sealed record DictLiteral(int At, (Expression Key, Expression Value)[] Items) : Expression(At);

internal sealed record Sign(int At, bool IsMinus, Expression Operand) : Expression(At);

internal sealed record Not(int At, Expression Operand) : Expression(At);

internal sealed record Logical(int At, bool IsAnd, Expression[] Operands) : Expression(At);

internal sealed record Comparison(
    int At, Expression First, (string Operator, int At, Expression Operand)[] Rest) : Expression(At);

internal sealed record Arithmetic(
    int At, Expression First, (string Operator, int At, Expression Operand)[] Rest) : Expression(At);

internal sealed record Concatenation(int At, Expression[] Operands) : Expression(At);

internal sealed record Conditional(int At, Expression Test, Expression Then, Expression? Else) : Expression(At);

internal sealed record FunctionCall(int At, Builtin Function, Expression?[] Arguments) : Expression(At);

internal sealed record NamespaceCall(int At, (string Name, Expression Value)[] Values) : Expression(At);

internal sealed record Chain(int At, Expression First, Step[] Steps) : Expression(At);

internal abstract record Step(int At);

internal sealed record AttributeStep(int At, string Name) : Step(At);

internal sealed record IndexStep(int At, Expression Key) : Step(At);

internal sealed record SliceStep(int At, Expression? Start, Expression? Stop, Expression? Stride) : Step(At);

/// <summary>A method or a filter: both take the value so far.</summary>
internal sealed record CallStep(int At, Builtin Function, Expression?[] Arguments) : Step(At);

internal sealed record TestStep(int At, bool IsNegated, Builtin Function, Expression?[] Arguments) : Step(At);

internal abstract record Statement(int At);

internal sealed record TextStatement(int At, PromptText Text) : Statement(At);

internal sealed record OutputStatement(int At, Expression Value) : Statement(At);

internal sealed record IfStatement(int At, (Expression Test, Statement[] Body)[] Branches, Statement[] Else) : Statement(At);

internal sealed record ForStatement(
    int At, string[] Targets, Expression Items, Expression? Condition, Statement[] Body, Statement[] Else) : Statement(At);

/// <summary>An assignment of an expression, or of what a block writes.</summary>
internal sealed record SetStatement(
    int At, string Name, string? Attribute, Expression? Value, Statement[] Body) : Statement(At);

internal sealed record LeaveStatement(int At, bool IsBreak) : Statement(At);
