// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp.Models.Jinja;

/// <summary>The methods of strings and dictionaries.</summary>
internal static class Methods
{
    private static readonly string[] NoParameters = [];

    public static Dictionary<string, Builtin> All { get; } = new(StringComparer.Ordinal)
    {
        ["strip"] = Strip,
        ["lstrip"] = Trimming(start: true, end: false),
        ["rstrip"] = Trimming(start: false, end: true),
        ["upper"] = Builtin.Of(Upper),
        ["lower"] = Builtin.Of(Lower),
        ["title"] = Builtin.Of(call => TextRules.Title(call.Paid())),
        ["capitalize"] = Builtin.Of(Capitalize),
        ["startswith"] = new(["prefix"], 1, call => Fits(call, (text, part) => text.StartsWith(part, StringComparison.Ordinal))),
        ["endswith"] = new(["suffix"], 1, call => Fits(call, (text, part) => text.EndsWith(part, StringComparison.Ordinal))),
        ["replace"] = new(["old", "new", "count"], 2, Replace),
        ["split"] = new(["sep", "maxsplit"], 0, Split),
        ["items"] = new(NoParameters, 0, Items),
        ["keys"] = new(NoParameters, 0, call => Elements(call, item => item.Key)),
        ["values"] = new(NoParameters, 0, call => Elements(call, item => item.Value)),
        ["get"] = new(["key", "default"], 1, Get),
    };

    public static Builtin Strip => Trimming(start: true, end: true);

    public static object? Upper(Invocation call) => call.Paid().WithText(call.Text.Text.ToUpperInvariant());

    public static object? Lower(Invocation call) => call.Paid().WithText(call.Text.Text.ToLowerInvariant());

    public static object? Capitalize(Invocation call) => TextRules.Capitalize(call.Paid());

    private static Builtin Trimming(bool start, bool end) =>
        new(["chars"], 0, call =>
        {
            string? characters = call.OptionalText(0);
            call.Runtime.Budget.Text(call.At, call.Text.Length * (1L + (characters?.Length ?? 0)));
            return TextRules.Trim(call.Text, characters, start, end);
        });

    public static object? Replace(Invocation call)
    {
        PromptText old = call.TextArgument(0);
        PromptText replacement = call.TextArgument(1);
        if (old.Length == 0)
        {
            throw call.Runtime.Unsupported(call.At, "replacing an empty string");
        }

        // As much as it can become, if it grows with each find.
        call.Runtime.Budget.Search(call.At, call.Text, old);
        call.Runtime.Budget.Text(call.At, call.Text.Length / old.Length * (long)replacement.Length);
        return TextRules.Replace(call.Text, old.Text, replacement, call.NumberArgument(2, -1));
    }

    public static object? Items(Invocation call) => Elements(call, item => new object?[] { item.Key, item.Value });

    private static object?[] Split(Invocation call)
    {
        PromptText text = call.Paid();
        string? separator = call.OptionalText(0);
        if (separator is "")
        {
            throw call.Fault("the separator is empty");
        }

        if (separator is not null)
        {
            call.Runtime.Budget.Search(call.At, text, call.TextArgument(0));
        }

        var parts = new List<object?>();
        foreach (PromptText part in TextRules.Split(text, separator, call.NumberArgument(1, -1)))
        {
            call.Runtime.Budget.Step(call.At, 4);
            parts.Add(part);
        }

        return [.. parts];
    }

    private static bool Fits(Invocation call, Func<string, string, bool> fits)
    {
        object?[] parts = call.Arguments[0] is object?[] several ? several : [call.Arguments[0]];
        foreach (object? part in parts)
        {
            PromptText wanted = call.Runtime.ExpectText(call.At, part);
            call.Runtime.Budget.Step(call.At);
            call.Runtime.Budget.Text(call.At, Math.Min(wanted.Length, call.Text.Length));
            if (fits(call.Text.Text, wanted.Text))
            {
                return true;
            }
        }

        return false;
    }

    private static object?[] Elements(Invocation call, Func<KeyValuePair<PromptText, object?>, object?> select)
    {
        Mapping mapping = call.Runtime.Expect<Mapping>(call.At, call.Target, "a dictionary");
        call.Runtime.Budget.Step(call.At, 4L * mapping.Count);
        return [.. mapping.Items.Select(select)];
    }

    private static object? Get(Invocation call)
    {
        Mapping mapping = call.Runtime.Expect<Mapping>(call.At, call.Target, "a dictionary");
        return mapping.TryGet(call.TextArgument(0).Text, out object? value) ? value : call.Has(1) ? call.Arguments[1] : null;
    }
}
