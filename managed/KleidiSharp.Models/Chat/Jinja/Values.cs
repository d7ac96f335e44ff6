// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp.Models.Jinja;

// A value is null, a bool, a long, a PromptText, an object?[], a Mapping, a Namespace, a LoopState, a Builtin or an
// Undefined.

/// <summary>What a name or attribute gives that is not there.</summary>
internal sealed record Undefined(string Name);

/// <summary>A dictionary, in order of insertion; its keys are strings. It does not change once it is made.</summary>
internal sealed class Mapping(IEnumerable<KeyValuePair<PromptText, object?>> items)
{
    private readonly Dictionary<string, object?> values = Index(items);

    public List<KeyValuePair<PromptText, object?>> Items { get; } = [.. items];

    public bool TryGet(string key, out object? value) => values.TryGetValue(key, out value);

    public int Count => Items.Count;

    private static Dictionary<string, object?> Index(IEnumerable<KeyValuePair<PromptText, object?>> items)
    {
        var values = new Dictionary<string, object?>(StringComparer.Ordinal);
        foreach ((PromptText key, object? value) in items)
        {
            values[key.Text] = value;
        }

        return values;
    }
}

/// <summary>What namespace() makes: the one value whose attributes can be set.</summary>
internal sealed class Namespace
{
    public Dictionary<string, object?> Values { get; } = new(StringComparer.Ordinal);
}

/// <summary>The variable "loop".</summary>
internal sealed class LoopState(object?[] items, int index)
{
    public object? Get(string name) => name switch
    {
        "index" => index + 1L,
        "index0" => (long)index,
        "revindex" => (long)items.Length - index,
        "revindex0" => items.Length - index - 1L,
        "first" => index == 0,
        "last" => index == items.Length - 1,
        "length" => (long)items.Length,
        "previtem" => index > 0 ? items[index - 1] : new Undefined("loop.previtem"),
        "nextitem" => index < items.Length - 1 ? items[index + 1] : new Undefined("loop.nextitem"),
        _ => null,
    };

    public static bool Has(string name) => name is "index" or "index0" or "revindex" or "revindex0" or "first" or "last"
        or "length" or "previtem" or "nextitem";
}

/// <summary>Names and their values; those of an outer scope show through.</summary>
internal sealed class Scope(Scope? outer)
{
    private readonly Dictionary<string, object?> values = new(StringComparer.Ordinal);

    public object? this[string name]
    {
        get
        {
            for (Scope? scope = this; scope is not null; scope = scope.Outer)
            {
                if (scope.values.TryGetValue(name, out object? value))
                {
                    return value;
                }
            }

            return new Undefined(name);
        }
        set => values[name] = value;
    }

    private Scope? Outer { get; } = outer;
}
