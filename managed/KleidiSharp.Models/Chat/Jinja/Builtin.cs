// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp.Models.Jinja;

/// <summary>A call of a built-in function.</summary>
/// <param name="Runtime">The evaluation.</param>
/// <param name="At">Where it is called.</param>
/// <param name="Target">What a method, filter or test is applied to.</param>
/// <param name="Arguments">In the order of the parameters; those not given are <see cref="Undefined"/>.</param>
internal readonly record struct Invocation(Runtime Runtime, int At, object? Target, object?[] Arguments)
{
    public bool Has(int index) => Arguments[index] is not Undefined;

    public PromptText Text => Runtime.ExpectText(At, Target);

    public PromptText TextArgument(int index) => Runtime.ExpectText(At, Arguments[index]);

    /// <summary>A text that was not given, or given as none, is null.</summary>
    public string? OptionalText(int index) => Has(index) && Arguments[index] is not null ? TextArgument(index).Text : null;

    public long NumberArgument(int index, long fallback) =>
        Has(index) ? Runtime.ExpectNumber(At, Arguments[index]) : fallback;

    public ChatTemplateException Fault(string message) => Runtime.Fault(At, message);

    /// <summary>The text, after it was paid for.</summary>
    public PromptText Paid()
    {
        Runtime.Budget.Text(At, Text.Length);
        return Text;
    }
}

/// <summary>A function, method, filter or test that templates can use.</summary>
/// <param name="Parameters">The names of its arguments.</param>
/// <param name="Required">How many of them, from the first, must be given.</param>
/// <param name="Run">What it does.</param>
internal sealed record Builtin(string[] Parameters, int Required, Func<Invocation, object?> Run)
{
    public static Builtin Of(Func<Invocation, object?> run) => new([], 0, run);

    public static Builtin Find(Dictionary<string, Builtin> all, Token name, string kind, TemplateSource source) =>
        all.TryGetValue(name.Text, out Builtin? found)
            ? found
            : throw source.Unsupported(name.At, $"the {kind} '{name.Text}'");
}
