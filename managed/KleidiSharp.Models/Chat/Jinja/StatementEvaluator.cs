// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp.Models.Jinja;

/// <summary>Writes what the statements of a template say.</summary>
internal sealed class StatementEvaluator(Runtime runtime)
{
    private readonly ExpressionEvaluator expressions = new(runtime);
    private PromptTextBuilder output = new();

    private enum Flow
    {
        Next,
        Break,
        Continue,
    }

    public PromptText Run(Statement[] statements, Scope scope)
    {
        Execute(statements, scope);
        return output.ToPromptText();
    }

    private Flow Execute(Statement[] statements, Scope scope)
    {
        foreach (Statement statement in statements)
        {
            runtime.Budget.Step(statement.At);
            Flow flow = Flow.Next;
            switch (statement)
            {
                case TextStatement text:
                    Write(text.At, text.Text);
                    break;
                case OutputStatement write:
                    Write(write.At, runtime.ToText(write.At, expressions.Evaluate(write.Value, scope)));
                    break;
                case IfStatement choice:
                    flow = Execute(Choose(choice, scope), scope);
                    break;
                case ForStatement loop:
                    flow = Loop(loop, scope);
                    break;
                case SetStatement set:
                    Set(set, scope);
                    break;
                case LeaveStatement leave:
                    flow = leave.IsBreak ? Flow.Break : Flow.Continue;
                    break;
            }

            if (flow != Flow.Next)
            {
                return flow;
            }
        }

        return Flow.Next;
    }

    private void Write(int at, PromptText text)
    {
        runtime.Budget.Text(at, text.Length);
        output.Append(text);
    }

    private Statement[] Choose(IfStatement choice, Scope scope)
    {
        foreach ((Expression test, Statement[] body) in choice.Branches)
        {
            if (Runtime.IsTrue(expressions.Evaluate(test, scope)))
            {
                return body;
            }
        }

        return choice.Else;
    }

    // Each round has names of its own: what it sets is forgotten after it.
    private Flow Loop(ForStatement loop, Scope scope)
    {
        object?[] items = runtime.Items(loop.At, expressions.Evaluate(loop.Items, scope));
        if (loop.Condition is { } condition)
        {
            items = Array.FindAll(items, item => Runtime.IsTrue(expressions.Evaluate(condition, Round(loop, item, scope))));
        }

        for (int i = 0; i < items.Length; i++)
        {
            runtime.Budget.Step(loop.At);
            Scope round = Round(loop, items[i], scope);
            round["loop"] = new LoopState(items, i);
            if (Execute(loop.Body, round) == Flow.Break)
            {
                break;
            }
        }

        return items.Length == 0 ? Execute(loop.Else, scope) : Flow.Next;
    }

    private Scope Round(ForStatement loop, object? item, Scope scope)
    {
        var round = new Scope(scope);
        if (loop.Targets.Length == 1)
        {
            round[loop.Targets[0]] = item;
            return round;
        }

        object?[] parts = runtime.Items(loop.At, item);
        if (parts.Length != loop.Targets.Length)
        {
            throw runtime.Fault(loop.At, $"{parts.Length} values are there for {loop.Targets.Length} names");
        }

        for (int i = 0; i < parts.Length; i++)
        {
            round[loop.Targets[i]] = parts[i];
        }

        return round;
    }

    private void Set(SetStatement set, Scope scope)
    {
        object? value = set.Value is null ? Capture(set.Body, scope) : expressions.Evaluate(set.Value, scope);
        if (set.Attribute is null)
        {
            scope[set.Name] = value;
            return;
        }

        runtime.Expect<Namespace>(set.At, scope[set.Name], "a namespace").Values[set.Attribute] = value;
    }

    private PromptText Capture(Statement[] body, Scope scope)
    {
        PromptTextBuilder outer = output;
        output = new PromptTextBuilder();
        Execute(body, new Scope(scope));
        PromptText text = output.ToPromptText();
        output = outer;
        runtime.Budget.Text(body.Length == 0 ? 0 : body[0].At, text.Length);
        return text;
    }
}
