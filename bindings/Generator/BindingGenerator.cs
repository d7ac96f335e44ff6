// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp.Bindings;

/// <summary>What was generated from a header.</summary>
/// <param name="CSharpFiles">The C# files by name.</param>
/// <param name="CLayout">The layout table in C.</param>
public sealed record GeneratedBindings(IReadOnlyDictionary<string, string> CSharpFiles, string CLayout);

/// <summary>Turns a C header into C# bindings that hold for several targets.</summary>
public static class BindingGenerator
{
    /// <summary>Generates the bindings once for every target, and requires the same text each time.</summary>
    /// <param name="header">The header.</param>
    /// <param name="targets">At least one target.</param>
    /// <param name="options">Names and attributes.</param>
    /// <exception cref="BindingException">The header holds something that cannot be bound, or the targets differ.</exception>
    public static GeneratedBindings Generate(string header, IReadOnlyList<Target> targets, GeneratorOptions options)
    {
        if (!File.Exists(header))
        {
            throw new BindingException($"there is no header {header}");
        }

        GeneratedBindings first = Generate(header, targets[0], options);
        foreach (Target target in targets.Skip(1))
        {
            RequireSame(targets[0], first, target, Generate(header, target, options));
        }

        return first;
    }

    private static GeneratedBindings Generate(string path, Target target, GeneratorOptions options)
    {
        CHeader header = HeaderReader.Read(path, target, options.Exclude);
        return new GeneratedBindings(new CSharpWriter(header, options).Write(), new LayoutWriter(header).C());
    }

    private static void RequireSame(Target a, GeneratedBindings forA, Target b, GeneratedBindings forB)
    {
        IEnumerable<string> names = forA.CSharpFiles.Keys.Union(forB.CSharpFiles.Keys);
        string[] different =
            [.. names.Where(n => forA.CSharpFiles.GetValueOrDefault(n) != forB.CSharpFiles.GetValueOrDefault(n))];
        if (different.Length > 0 || forA.CLayout != forB.CLayout)
        {
            throw new BindingException($"the bindings for {a.Name} and {b.Name} differ: {string.Join(", ", different)}");
        }
    }
}
