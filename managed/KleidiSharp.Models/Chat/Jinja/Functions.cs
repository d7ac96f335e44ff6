// SPDX-License-Identifier: Apache-2.0
using System.Globalization;
using System.Text;

namespace KleidiSharp.Models.Jinja;

/// <summary>The functions; namespace() is part of the syntax.</summary>
internal static class Functions
{
    public static Dictionary<string, Builtin> All { get; } = new(StringComparer.Ordinal)
    {
        ["raise_exception"] = new(["message"], 1, Raise),
        ["range"] = new(["start", "stop", "step"], 1, Range),
        ["strftime_now"] = new(["format"], 1, Now),
    };

    // The template speaks here, to whoever made the conversation.
    private static object? Raise(Invocation call) =>
        throw new ArgumentException(call.Runtime.ToText(call.At, call.Arguments[0]).Text);

    private static object?[] Range(Invocation call)
    {
        Runtime runtime = call.Runtime;
        long first = runtime.ExpectNumber(call.At, call.Arguments[0]);
        long start = call.Has(1) ? first : 0;
        long stop = call.Has(1) ? runtime.ExpectNumber(call.At, call.Arguments[1]) : first;
        long step = call.NumberArgument(2, 1);
        if (step == 0)
        {
            throw call.Fault("the step of a range is 0");
        }

        Int128 distance = step > 0 ? (Int128)stop - start : (Int128)start - stop;
        Int128 stride = Int128.Abs(step);
        Int128 count = distance <= 0 ? 0 : (distance + stride - 1) / stride;
        runtime.Budget.Step(call.At, (long)Int128.Min(count, long.MaxValue / 2));
        return [.. Enumerable.Range(0, (int)count).Select(i => (object?)(start + i * step))];
    }

    private static PromptText Now(Invocation call)
    {
        string format = call.TextArgument(0).Text;
        DateTimeOffset now = call.Runtime.Clock.GetLocalNow();
        var text = new StringBuilder();
        for (int i = 0; i < format.Length; i++)
        {
            if (format[i] != '%')
            {
                text.Append(format[i]);
                continue;
            }

            char code = ++i < format.Length ? format[i] : '\0';
            text.Append(code == '%' ? "%" : now.ToString(Format(call, code), CultureInfo.InvariantCulture));
        }

        return PromptText.Trusted(text.ToString());
    }

    private static string Format(Invocation call, char code) => code switch
    {
        'a' => "ddd",
        'A' => "dddd",
        'b' => "MMM",
        'B' => "MMMM",
        'd' => "dd",
        'H' => "HH",
        'I' => "hh",
        'm' => "MM",
        'M' => "mm",
        'p' => "tt",
        'S' => "ss",
        'y' => "yy",
        'Y' => "yyyy",
        _ => throw call.Runtime.Unsupported(call.At, $"'%{code}' in a format of time"),
    };
}
