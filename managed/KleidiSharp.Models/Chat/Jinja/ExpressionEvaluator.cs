// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp.Models.Jinja;

/// <summary>What expressions mean, as in Python.</summary>
internal sealed class ExpressionEvaluator(Runtime runtime)
{
    public object? Evaluate(Expression expression, Scope scope)
    {
        runtime.Budget.Step(expression.At);
        return expression switch
        {
            Constant e => e.Value,
            Name e => scope[e.Id],
            Chain e => Follow(e, scope),
            ListLiteral e => Array.ConvertAll(e.Items, item => Evaluate(item, scope)),
            DictLiteral e => ToMapping(e, scope),
            Not e => !Runtime.IsTrue(Evaluate(e.Operand, scope)),
            Sign e => Signed(e, runtime.ExpectNumber(e.At, Evaluate(e.Operand, scope))),
            Logical e => Join(e, scope),
            Comparison e => Compare(e, scope),
            Arithmetic e => Calculate(e, scope),
            Concatenation e => Concatenate(e, scope),
            Conditional e => Choose(e, scope),
            FunctionCall e => Call(e.At, e.Function, null, e.Arguments, scope),
            NamespaceCall e => ToNamespace(e, scope),
            _ => throw new InvalidOperationException(expression.GetType().Name),
        };
    }

    private object? Choose(Conditional choice, Scope scope)
    {
        if (Runtime.IsTrue(Evaluate(choice.Test, scope)))
        {
            return Evaluate(choice.Then, scope);
        }

        return choice.Else is null ? new Undefined("the value of an 'if' without 'else'") : Evaluate(choice.Else, scope);
    }

    private object? Join(Logical logical, Scope scope)
    {
        object? value = null;
        foreach (Expression operand in logical.Operands)
        {
            value = Evaluate(operand, scope);
            if (Runtime.IsTrue(value) != logical.IsAnd)
            {
                return value;
            }
        }

        return value;
    }

    private bool Compare(Comparison comparison, Scope scope)
    {
        object? left = Evaluate(comparison.First, scope);
        foreach ((string name, int at, Expression operand) in comparison.Rest)
        {
            object? right = Evaluate(operand, scope);
            bool holds = name switch
            {
                "==" => runtime.AreEqual(at, left, right),
                "!=" => !runtime.AreEqual(at, left, right),
                "in" => runtime.Contains(at, right, left),
                "not in" => !runtime.Contains(at, right, left),
                "<" => Order(at, left, right) < 0,
                ">" => Order(at, left, right) > 0,
                "<=" => Order(at, left, right) <= 0,
                _ => Order(at, left, right) >= 0,
            };
            if (!holds)
            {
                return false;
            }

            left = right;
        }

        return true;
    }

    private int Order(int at, object? left, object? right)
    {
        if (left is PromptText a)
        {
            PromptText b = runtime.ExpectText(at, right);
            runtime.Budget.Text(at, Math.Min(a.Length, b.Length));
            return string.CompareOrdinal(a.Text, b.Text);
        }

        return runtime.ExpectNumber(at, left).CompareTo(runtime.ExpectNumber(at, right));
    }

    private object? Calculate(Arithmetic arithmetic, Scope scope)
    {
        object? left = Evaluate(arithmetic.First, scope);
        foreach ((string name, int at, Expression operand) in arithmetic.Rest)
        {
            object? right = Evaluate(operand, scope);
            left = (name, left, right) switch
            {
                ("+", PromptText a, _) => Add(at, a, runtime.ExpectText(at, right)),
                ("+", object?[] a, _) => Add(at, a, runtime.Expect<object?[]>(at, right, "a list")),
                ("*", PromptText a, _) => Repeat(at, a, runtime.ExpectNumber(at, right)),
                ("*", _, PromptText b) => Repeat(at, b, runtime.ExpectNumber(at, left)),
                ("*", object?[], _) or ("*", _, object?[]) => throw runtime.Unsupported(at, "repeating a list"),
                ("%", PromptText, _) => throw runtime.Unsupported(at, "formatting a string with '%'"),
                _ => Calculate(at, name, runtime.ExpectNumber(at, left), runtime.ExpectNumber(at, right)),
            };
        }

        return left;
    }

    // As in Python, division rounds down, and a remainder has the sign of the divisor.
    private long Calculate(int at, string name, long left, long right)
    {
        if (right == 0 && (name is "//" or "%"))
        {
            throw runtime.Fault(at, $"{left} is divided by 0");
        }

        Int128 a = left;
        Int128 b = right;
        Int128 result = name switch
        {
            "+" => a + b,
            "-" => a - b,
            "*" => a * b,
            "//" => FloorDivide(a, b),
            _ => a - FloorDivide(a, b) * b,
        };
        return ToNumber(at, result);
    }

    private static Int128 FloorDivide(Int128 a, Int128 b) =>
        a / b - (a % b != 0 && Int128.IsNegative(a) != Int128.IsNegative(b) ? 1 : 0);

    private long Signed(Sign sign, long value) => sign.IsMinus ? ToNumber(sign.At, -(Int128)value) : value;

    private long ToNumber(int at, Int128 value) => value >= long.MinValue && value <= long.MaxValue
        ? (long)value
        : throw runtime.Unsupported(at, "a number of more than 64 bits");

    private PromptText Add(int at, PromptText left, PromptText right)
    {
        runtime.Budget.Text(at, (long)left.Length + right.Length);
        return Join(left, right);
    }

    private static PromptText Join(PromptText left, PromptText right)
    {
        var builder = new PromptTextBuilder();
        builder.Append(left);
        builder.Append(right);
        return builder.ToPromptText();
    }

    private object?[] Add(int at, object?[] left, object?[] right)
    {
        runtime.Budget.Step(at, (long)left.Length + right.Length);
        return [.. left, .. right];
    }

    private PromptText Repeat(int at, PromptText text, long count)
    {
        runtime.Budget.Text(at, (long)Int128.Min((Int128)text.Length * Math.Max(count, 0), long.MaxValue / 2));
        PromptText result = PromptText.Empty;
        for (; count > 0 && text.Length > 0; count /= 2)
        {
            result = count % 2 != 0 ? Join(result, text) : result;
            text = count > 1 ? Join(text, text) : text;
        }

        return result;
    }

    private PromptText Concatenate(Concatenation concatenation, Scope scope)
    {
        var builder = new PromptTextBuilder();
        foreach (Expression operand in concatenation.Operands)
        {
            PromptText text = runtime.ToText(operand.At, Evaluate(operand, scope));
            runtime.Budget.Text(operand.At, text.Length);
            builder.Append(text);
        }

        return builder.ToPromptText();
    }

    private Mapping ToMapping(DictLiteral literal, Scope scope)
    {
        runtime.Budget.Step(literal.At, 8L * literal.Items.Length);
        var items = new Dictionary<string, KeyValuePair<PromptText, object?>>(StringComparer.Ordinal);
        foreach ((Expression key, Expression value) in literal.Items)
        {
            PromptText text = runtime.Expect<PromptText>(key.At, Evaluate(key, scope), "a string as key");
            items[text.Text] = new(text, Evaluate(value, scope));
        }

        return new Mapping(items.Values);
    }

    private Namespace ToNamespace(NamespaceCall call, Scope scope)
    {
        runtime.Budget.Step(call.At, 8 + 8L * call.Values.Length);
        var made = new Namespace();
        foreach ((string name, Expression value) in call.Values)
        {
            made.Values[name] = Evaluate(value, scope);
        }

        return made;
    }

    private object? Follow(Chain chain, Scope scope)
    {
        object? value = Evaluate(chain.First, scope);
        string path = chain.First is Name name ? name.Id : "the value";
        foreach (Step step in chain.Steps)
        {
            runtime.Budget.Step(step.At);
            value = step switch
            {
                AttributeStep s => runtime.Attribute(s.At, value, s.Name, path = $"{path}.{s.Name}"),
                IndexStep s => Element(s.At, value, Evaluate(s.Key, scope), ref path),
                SliceStep s => Slice(s, value, scope),
                CallStep s => Call(s.At, s.Function, value, s.Arguments, scope),
                TestStep s => (Call(s.At, s.Function, value, s.Arguments, scope) is true) != s.IsNegated,
                _ => throw new InvalidOperationException(step.GetType().Name),
            };
        }

        return value;
    }

    private object? Call(int at, Builtin function, object? target, Expression?[] arguments, Scope scope) =>
        function.Run(new Invocation(runtime, at, target, Array.ConvertAll(
            arguments, argument => argument is null ? NotGiven : Evaluate(argument, scope))));

    private static readonly Undefined NotGiven = new("an argument");

    // What is not there is undefined, and only its use is a fault.
    private object? Element(int at, object? target, object? key, ref string path)
    {
        if (key is PromptText name && target is not (PromptText or object?[] or null))
        {
            path = name.Length <= 100 ? $"{path}.{name.Text}" : path;
            return runtime.Attribute(at, target, name.Text, path);
        }

        switch (target)
        {
            case object?[] list when key is long or bool:
                long index = FromEnd(runtime.ExpectNumber(at, key), list.Length);
                return index >= 0 && index < list.Length ? list[index] : new Undefined($"{path}[{index}]");
            case PromptText text when key is long or bool:
                runtime.Budget.Text(at, text.Length);
                int[] starts = TextRules.Starts(text);
                long place = FromEnd(runtime.ExpectNumber(at, key), starts.Length - 1);
                return place >= 0 && place < starts.Length - 1
                    ? text.Slice(starts[place], starts[place + 1] - starts[place])
                    : new Undefined($"{path}[{place}]");
            case Undefined missing:
                throw runtime.Fault(at, $"'{missing.Name}' is undefined, and an element of it is asked for");
            default:
                return new Undefined(path + "[…]");
        }
    }

    private static long FromEnd(long index, int length) => index < 0 ? index + length : index;

    private object? Slice(SliceStep slice, object? target, Scope scope)
    {
        long stride = Part(slice.Stride) ?? 1;
        if (stride == 0)
        {
            throw runtime.Fault(slice.At, "the step of a slice is 0");
        }

        switch (target)
        {
            case object?[] list:
                List<int> chosen = Chosen(list.Length);
                runtime.Budget.Step(slice.At, chosen.Count);
                return chosen.ConvertAll(i => list[i]).ToArray();
            case PromptText text:
                runtime.Budget.Text(slice.At, 4L * text.Length);
                int[] starts = TextRules.Starts(text);
                var builder = new PromptTextBuilder();
                foreach (int i in Chosen(starts.Length - 1))
                {
                    builder.Append(text, starts[i], starts[i + 1] - starts[i]);
                }

                return builder.ToPromptText();
            case Undefined missing:
                throw runtime.Fault(slice.At, $"'{missing.Name}' is undefined, and a slice of it is asked for");
            default:
                throw runtime.Fault(slice.At, $"{Runtime.Describe(target)} cannot be sliced");
        }

        long? Part(Expression? part) =>
            part is null || Evaluate(part, scope) is not { } value ? null : runtime.ExpectNumber(part.At, value);

        List<int> Chosen(int length)
        {
            long low = stride > 0 ? 0 : -1;
            long high = stride > 0 ? length : length - 1;
            (long start, long stop) = stride > 0 ? (low, high) : (high, low);
            start = Part(slice.Start) is { } from ? Math.Clamp(FromEnd(from, length), low, high) : start;
            stop = Part(slice.Stop) is { } to ? Math.Clamp(FromEnd(to, length), low, high) : stop;
            var indices = new List<int>();
            for (Int128 i = start; stride > 0 ? i < stop : i > stop; i += stride)
            {
                indices.Add((int)i);
            }

            return indices;
        }
    }
}
