// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp.Models.Jinja;

/// <summary>The tests: what stands behind "is".</summary>
internal static class Tests
{
    private static readonly string[] Other = ["other"];

    public static Dictionary<string, Builtin> All { get; } = new(StringComparer.Ordinal)
    {
        ["defined"] = Builtin.Of(call => call.Target is not Undefined),
        ["undefined"] = Builtin.Of(call => call.Target is Undefined),
        ["none"] = Builtin.Of(call => call.Target is null),
        ["string"] = Builtin.Of(call => call.Target is PromptText),
        ["mapping"] = Builtin.Of(call => call.Target is Mapping),
        ["iterable"] = Builtin.Of(call => call.Target is PromptText or object?[] or Mapping or Undefined),
        ["sequence"] = Builtin.Of(call => call.Target is PromptText or object?[] or Mapping or Undefined),
        ["number"] = Builtin.Of(call => call.Target is long or bool),
        ["integer"] = Builtin.Of(call => call.Target is long),
        ["boolean"] = Builtin.Of(call => call.Target is bool),
        ["true"] = Builtin.Of(call => call.Target is true),
        ["false"] = Builtin.Of(call => call.Target is false),
        ["even"] = Builtin.Of(call => call.Runtime.ExpectNumber(call.At, call.Target) % 2 == 0),
        ["odd"] = Builtin.Of(call => call.Runtime.ExpectNumber(call.At, call.Target) % 2 != 0),
        ["equalto"] = new(Other, 1, call => IsEqual(call)),
        ["eq"] = new(Other, 1, call => IsEqual(call)),
        ["=="] = new(Other, 1, call => IsEqual(call)),
        ["ne"] = new(Other, 1, call => !call.Runtime.AreEqual(call.At, call.Target, call.Arguments[0])),
        ["in"] = new(["seq"], 1, call => call.Runtime.Contains(call.At, call.Arguments[0], call.Target)),
    };

    private static bool IsEqual(Invocation call) => call.Runtime.AreEqual(call.At, call.Target, call.Arguments[0]);
}
