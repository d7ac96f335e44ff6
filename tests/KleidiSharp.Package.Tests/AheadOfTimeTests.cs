// SPDX-License-Identifier: Apache-2.0
using System.Diagnostics;
using Xunit.Abstractions;

namespace KleidiSharp.PackageTests;

/// <summary>What the native library costs an application that is compiled ahead of time: bytes, and time to start.</summary>
public sealed class AheadOfTimeTests
{
    private const int Rounds = 15;

    private readonly ITestOutputHelper output;

    public AheadOfTimeTests(ITestOutputHelper output) => this.output = output;

    [SkippableFact]
    public void Size_and_start_against_the_managed_path()
    {
        PublishTests.Require();
        using var app = new Consumer("Start", "net10.0", ["KleidiSharp"], more: "<PublishAot>true</PublishAot>");
        string published = app.Publish("-r", "linux-x64");
        string program = Path.Combine(published, "app");
        string library = Path.Combine(published, PackageFeed.NativeFile);
        long programBytes = new FileInfo(program).Length, libraryBytes = new FileInfo(library).Length;

        // The same program without the file beside it works in C#.
        string alone = Directory.CreateDirectory(app.PathOf("alone")).FullName;
        File.Copy(program, Path.Combine(alone, "app"));
        double[] native = new double[Rounds], managed = new double[Rounds];
        for (int i = 0; i < Rounds; i++)
        {
            native[i] = Milliseconds(program, "Native");
            managed[i] = Milliseconds(Path.Combine(alone, "app"), "Managed");
        }

        output.WriteLine(
            $"NativeAOT: program {programBytes / 1e6:F2} MB + library {libraryBytes / 1e6:F2} MB; from start to the end of a first "
            + $"multiplication {Median(native):F1} ms native, {Median(managed):F1} ms in C# (medians of {Rounds} in turn)");
        Assert.InRange(programBytes, 1, 8_000_000);
        Assert.InRange(libraryBytes, 1, 1_750_000);
    }

    private static double Milliseconds(string program, string backend)
    {
        var watch = Stopwatch.StartNew();
        Command run = Command.Run(program, [], Path.GetDirectoryName(program)!).Succeeded();
        double elapsed = watch.Elapsed.TotalMilliseconds;
        Assert.Equal(backend, run.Value("backend"));
        return elapsed;
    }

    private static double Median(double[] values) => values.Order().ElementAt(values.Length / 2);
}
