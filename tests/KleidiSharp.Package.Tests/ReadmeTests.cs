// SPDX-License-Identifier: Apache-2.0
using System.Text;
using System.Text.RegularExpressions;

namespace KleidiSharp.PackageTests;

/// <summary>The C# of every README compiles against the packages as it stands there, and runs.</summary>
public sealed partial class ReadmeTests
{
    [SkippableFact]
    public void Every_sample_compiles_and_runs()
    {
        PackageFeed.Require();
        string[] samples = [.. Documents().SelectMany(Samples).Where(sample => !IsWeb(sample))];
        Assert.True(samples.Length >= 7, $"there are {samples.Length} samples");
        using var app = new Consumer(null, "net10.0", [.. PackageFeed.Ids.Where(id => id != "KleidiSharp.Tool")]);
        app.AddModel("model.gguf");
        for (int i = 0; i < samples.Length; i++)
        {
            app.Write($"Sample{i}.cs", AsMethod(samples[i], i));
        }

        app.Write("Program.cs", $"""
            {string.Concat(Enumerable.Range(0, samples.Length).Select(i => $"await Sample{i}.Run(args);\n"))}
            Console.WriteLine("\nsamples: {samples.Length}");
            """);
        // A sample may show a value that it does not use, and not every one awaits something.
        Command run = app.Dotnet("run", "-c", "Release", "-p:NoWarn=CS0219%3BCS1998").Succeeded();
        Assert.Equal(samples.Length, int.Parse(run.Value("samples"), System.Globalization.CultureInfo.InvariantCulture));
    }

    /// <summary>The first C# of the README of a package or of the tree.</summary>
    internal static string QuickStart() => Samples(Path.Combine(PackageFeed.SourceTree, "README.md")).First();

    /// <summary>Whether a sample is a program for the web SDK.</summary>
    internal static bool IsWeb(string sample) => sample.Contains("WebApplication", StringComparison.Ordinal);

    /// <summary>The READMEs: that of the tree, and that of each package.</summary>
    internal static IEnumerable<string> Documents() => Directory
        .GetFiles(Path.Combine(PackageFeed.SourceTree, "managed"), "PACKAGE.md", SearchOption.AllDirectories)
        .Prepend(Path.Combine(PackageFeed.SourceTree, "README.md"));

    /// <summary>The C# of a document, each piece by itself.</summary>
    internal static IEnumerable<string> Samples(string document) =>
        CSharp().Matches(File.ReadAllText(document)).Select(match => match.Groups[1].Value);

    // Top-level statements become a method; types that follow them stay types.
    private static string AsMethod(string sample, int number)
    {
        string[] lines = sample.Split('\n');
        string[] usings = [.. lines.Where(line => Using().IsMatch(line))];
        string[] code = [.. lines.Where(line => !Using().IsMatch(line))];
        int types = Array.FindIndex(code, line => Type().IsMatch(line));
        types = types < 0 ? code.Length : types;
        return new StringBuilder()
            .AppendJoin('\n', usings)
            .Append($"\ninternal static class Sample{number}\n{{\n")
            .Append("    public static async Task Run(string[] args)\n    {\n")
            .AppendJoin('\n', code[..types])
            .Append("\n    }\n")
            .AppendJoin('\n', code[types..].Select(line => Type().Replace(line, "private $0")))
            .Append("\n}\n")
            .ToString();
    }

    [GeneratedRegex("```csharp\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex CSharp();

    [GeneratedRegex(@"^using [A-Za-z.]+;")]
    private static partial Regex Using();

    [GeneratedRegex("^(sealed class|class|record|static class)")]
    private static partial Regex Type();
}
