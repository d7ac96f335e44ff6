// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp.Models.Jinja;

/// <summary>
/// How much work and memory a template may take: far more than a conversation that fits a context needs, and little
/// enough that a hostile template ends within seconds.
/// </summary>
internal sealed class Budget(TemplateSource source)
{
    public const int MaxSteps = 4_000_000;
    public const int MaxCharacters = 1 << 25;

    // A text that is searched for costs as much as comparing it everywhere, at this many characters at once.
    private const int ComparedAtOnce = 256;

    private long steps = MaxSteps;
    private long characters = MaxCharacters;

    /// <summary>Expressions evaluated, elements made, rounds of loops.</summary>
    public void Step(int at, long count = 1)
    {
        steps -= count;
        if (steps < 0)
        {
            throw source.Fault(at, $"the template takes more than {MaxSteps} steps");
        }
    }

    /// <summary>Characters written, copied or looked through.</summary>
    public void Text(int at, long count)
    {
        characters -= count;
        if (characters < 0)
        {
            throw source.Fault(at, $"the template handles more than {MaxCharacters} characters");
        }
    }

    /// <summary>A search for one text in another.</summary>
    public void Search(int at, PromptText text, PromptText wanted) =>
        Text(at, text.Length * (1L + wanted.Length / ComparedAtOnce));
}
