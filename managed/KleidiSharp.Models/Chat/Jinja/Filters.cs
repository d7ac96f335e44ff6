// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp.Models.Jinja;

/// <summary>The filters: what stands behind "|".</summary>
internal static class Filters
{
    public static Dictionary<string, Builtin> All { get; } = new(StringComparer.Ordinal)
    {
        ["trim"] = new(["chars"], 0, call => Methods.Strip.Run(AsText(call))),
        ["upper"] = Builtin.Of(call => Methods.Upper(AsText(call))),
        ["lower"] = Builtin.Of(call => Methods.Lower(AsText(call))),
        ["capitalize"] = Builtin.Of(call => Methods.Capitalize(AsText(call))),
        ["replace"] = new(["old", "new", "count"], 2, call => Methods.Replace(AsText(call))),
        ["string"] = Builtin.Of(call => AsText(call).Text),
        ["length"] = Builtin.Of(Length),
        ["count"] = Builtin.Of(Length),
        ["default"] = new(["default_value", "boolean"], 0, Default),
        ["d"] = new(["default_value", "boolean"], 0, Default),
        ["first"] = Builtin.Of(call => First(call, items => items[0], "first")),
        ["last"] = Builtin.Of(call => First(call, items => items[^1], "last")),
        ["list"] = Builtin.Of(call => call.Runtime.Items(call.At, call.Target)),
        ["items"] = Builtin.Of(call => call.Target is Undefined ? Array.Empty<object?>() : Methods.Items(call)),
        ["join"] = new(["d"], 0, Join),
        ["tojson"] = new(["ensure_ascii", "indent"], 0, Json.Write),
        ["selectattr"] = new(["attribute", "test", "argument"], 1, call => Select(call, wanted: true)),
        ["rejectattr"] = new(["attribute", "test", "argument"], 1, call => Select(call, wanted: false)),
    };

    private static Invocation AsText(Invocation call) => call with { Target = call.Runtime.ToText(call.At, call.Target) };

    private static object? Length(Invocation call)
    {
        switch (call.Target)
        {
            case PromptText:
                return (long)TextRules.Count(call.Paid());
            case object?[] list:
                return (long)list.Length;
            case Mapping mapping:
                return (long)mapping.Count;
            case Undefined:
                return 0L;
            default:
                throw call.Fault($"{Runtime.Describe(call.Target)} has no length");
        }
    }

    private static object? Default(Invocation call)
    {
        bool replaces = call.Target is Undefined || (Runtime.IsTrue(call.Arguments[1]) && !Runtime.IsTrue(call.Target));
        return !replaces ? call.Target : call.Has(0) ? call.Arguments[0] : PromptText.Empty;
    }

    private static object? First(Invocation call, Func<object?[], object?> choose, string name)
    {
        object?[] items = call.Runtime.Items(call.At, call.Target);
        return items.Length == 0 ? new Undefined($"the {name} element of an empty list") : choose(items);
    }

    private static PromptText Join(Invocation call)
    {
        PromptText separator = call.Has(0) ? call.TextArgument(0) : PromptText.Empty;
        var builder = new PromptTextBuilder();
        object?[] items = call.Runtime.Items(call.At, call.Target);
        for (int i = 0; i < items.Length; i++)
        {
            PromptText item = call.Runtime.ToText(call.At, items[i]);
            call.Runtime.Budget.Text(call.At, separator.Length + item.Length);
            builder.Append(i == 0 ? PromptText.Empty : separator);
            builder.Append(item);
        }

        return builder.ToPromptText();
    }

    private static object?[] Select(Invocation call, bool wanted)
    {
        string attribute = call.TextArgument(0).Text;
        Builtin? test = null;
        if (call.OptionalText(1) is { } name)
        {
            (int count, string given) = call.Has(2) ? (1, "one argument") : (0, "no argument");
            test = Tests.All.TryGetValue(name, out Builtin? found) && found.Required == count
                ? found
                : throw call.Runtime.Unsupported(call.At, $"the test '{name}' with {given}");
        }

        if (attribute.Contains('.', StringComparison.Ordinal))
        {
            throw call.Runtime.Unsupported(call.At, $"selecting by the path '{attribute}'");
        }

        return [.. call.Runtime.Items(call.At, call.Target).Where(item =>
        {
            object? value = call.Runtime.Attribute(call.At, item, attribute, attribute);
            object?[] arguments = test?.Required == 1 ? [call.Arguments[2]] : [];
            object? holds = test is null ? value : test.Run(call with { Target = value, Arguments = arguments });
            return Runtime.IsTrue(holds) == wanted;
        })];
    }
}
