// SPDX-License-Identifier: Apache-2.0
using System.Globalization;

namespace KleidiSharp.Models.Jinja;

/// <summary>What all parts of one evaluation share: the source for faults, the budget, and what values mean.</summary>
internal sealed class Runtime(TemplateSource source, TimeProvider clock)
{
    // Values that a template nests by loops, not by its own depth.
    private const int MaxDepth = 50;

    public Budget Budget { get; } = new(source);

    public TimeProvider Clock => clock;

    public ChatTemplateException Fault(int at, string message) => source.Fault(at, message);

    public NotSupportedException Unsupported(int at, string construct) => source.Unsupported(at, construct);

    public static bool IsTrue(object? value) => value switch
    {
        null or Undefined => false,
        bool v => v,
        long v => v != 0,
        PromptText v => v.Length > 0,
        object?[] v => v.Length > 0,
        Mapping v => v.Count > 0,
        _ => true,
    };

    public static string Describe(object? value) => value switch
    {
        null => "none",
        bool => "a boolean",
        long => "a number",
        PromptText => "a string",
        object?[] => "a list",
        Mapping => "a dictionary",
        Namespace => "a namespace",
        LoopState => "the loop",
        Builtin => "a function",
        _ => "undefined",
    };

    /// <summary>A value as what its use asks for, or a fault that says what it is.</summary>
    public T Expect<T>(int at, object? value, string expected) => value switch
    {
        T v => v,
        Undefined v => throw Fault(at, $"'{v.Name}' is undefined where {expected} was expected"),
        _ => throw Fault(at, $"{Describe(value)} where {expected} was expected"),
    };

    public PromptText ExpectText(int at, object? value) => Expect<PromptText>(at, value, "a string");

    /// <summary>A whole number; as in Python, true is 1 and false is 0.</summary>
    public long ExpectNumber(int at, object? value) => value switch
    {
        true => 1,
        false => 0,
        _ => Expect<long>(at, value, "a number"),
    };

    /// <summary>A value as output shows it.</summary>
    public PromptText ToText(int at, object? value) => value switch
    {
        PromptText v => v,
        null => PromptText.Trusted("None"),
        Undefined => PromptText.Empty,
        bool v => PromptText.Trusted(v ? "True" : "False"),
        long v => PromptText.Trusted(v.ToString(CultureInfo.InvariantCulture)),
        _ => throw Unsupported(at, $"writing {Describe(value)} without a filter"),
    };

    /// <summary>What a loop goes through.</summary>
    public object?[] Items(int at, object? value)
    {
        object?[] items = value switch
        {
            object?[] v => v,
            Mapping v => [.. v.Items.Select(item => item.Key)],
            PromptText v => Characters(at, v),
            Undefined => [],
            _ => throw Fault(at, $"{Describe(value)} cannot be gone through"),
        };
        Budget.Step(at, items.Length);
        return items;
    }

    public bool AreEqual(int at, object? left, object? right, int depth = 0)
    {
        Budget.Step(at);
        if (depth > MaxDepth)
        {
            throw Fault(at, $"values of more than {MaxDepth} levels are compared");
        }

        switch (left, right)
        {
            case (bool or long, bool or long):
                return ExpectNumber(at, left) == ExpectNumber(at, right);
            case (PromptText a, PromptText b):
                Budget.Text(at, Math.Min(a.Length, b.Length));
                return a.Text == b.Text;
            case (object?[] a, object?[] b):
                return a.Length == b.Length && Enumerable.Range(0, a.Length).All(i => AreEqual(at, a[i], b[i], depth + 1));
            case (Mapping a, Mapping b):
                return a.Count == b.Count && a.Items.All(
                    item => b.TryGet(item.Key.Text, out object? other) && AreEqual(at, item.Value, other, depth + 1));
            case (null, null) or (Undefined, Undefined):
                return true;
            default:
                return ReferenceEquals(left, right);
        }
    }

    public bool Contains(int at, object? container, object? item)
    {
        switch (container)
        {
            case PromptText text:
                PromptText wanted = ExpectText(at, item);
                Budget.Search(at, text, wanted);
                return text.Text.Contains(wanted.Text, StringComparison.Ordinal);
            case Mapping mapping:
                return item is PromptText key && mapping.TryGet(key.Text, out _);
            default:
                return Array.Exists(Items(at, container), element => AreEqual(at, element, item));
        }
    }

    /// <summary>An attribute, or an element of a dictionary.</summary>
    public object? Attribute(int at, object? target, string name, string path) => target switch
    {
        Mapping v => v.TryGet(name, out object? value) ? value : new Undefined(path),
        Namespace v => v.Values.TryGetValue(name, out object? value) ? value : new Undefined(path),
        LoopState v => LoopState.Has(name) ? v.Get(name) : throw Unsupported(at, $"the attribute '{name}' of the loop"),
        Undefined v => throw Fault(at, $"'{v.Name}' is undefined, and '{name}' of it is asked for"),
        _ => new Undefined(path),
    };

    private object?[] Characters(int at, PromptText text)
    {
        Budget.Text(at, text.Length);
        Budget.Step(at, 4L * text.Length); // each of them becomes a text of its own
        int[] starts = TextRules.Starts(text);
        return [.. Enumerable.Range(0, starts.Length - 1).Select(i => text.Slice(starts[i], starts[i + 1] - starts[i]))];
    }
}
