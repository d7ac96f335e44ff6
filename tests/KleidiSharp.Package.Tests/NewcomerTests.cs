// SPDX-License-Identifier: Apache-2.0
using System.Diagnostics;
using Xunit.Abstractions;

namespace KleidiSharp.PackageTests;

/// <summary>The way of somebody who has just heard of the library, from nothing to a first multiplication.</summary>
public sealed class NewcomerTests
{
    private readonly ITestOutputHelper output;

    public NewcomerTests(ITestOutputHelper output) => this.output = output;

    [SkippableFact]
    public void The_quick_start_of_the_README_works_when_copied()
    {
        PackageFeed.Require();
        using var app = new Consumer();
        var watch = Stopwatch.StartNew();
        app.Dotnet("new", "console", "--name", "app", "--output", ".").Succeeded();
        app.Dotnet("add", "package", "KleidiSharp").Succeeded();
        TimeSpan installed = watch.Elapsed;
        app.Write("Program.cs", ReadmeTests.QuickStart());
        Command run = app.Dotnet("run").Succeeded();
        output.WriteLine(
            $"new and add package: {installed.TotalSeconds:F1} s; build and run: {run.Duration.TotalSeconds:F1} s; "
            + $"together {watch.Elapsed.TotalSeconds:F1} s");
        output.WriteLine(run.Output);
        Assert.Contains("int4/32", run.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("warning", run.Output, StringComparison.OrdinalIgnoreCase);
    }
}
