// SPDX-License-Identifier: Apache-2.0
using System.Text.Json;

namespace KleidiSharp.Tool.Tests;

/// <summary>One run of the tool inside the test process.</summary>
internal sealed record ToolRun(int ExitCode, string Output, string Error)
{
    public static ToolRun Of(params string[] args)
    {
        var output = new StringWriter();
        var error = new StringWriter();
        int exitCode = CommandLine.Run(args, output, error);
        return new ToolRun(exitCode, output.ToString(), error.ToString());
    }

    /// <summary>The output, which must be one JSON document.</summary>
    public JsonElement Json()
    {
        Assert.NotEqual("", Output);
        using JsonDocument document = JsonDocument.Parse(Output);
        return document.RootElement.Clone();
    }

    /// <summary>
    /// Checks that the run failed with one line on the error stream, besides the one that says that there is no native
    /// library, and returns the line.
    /// </summary>
    public string FailureLine()
    {
        Assert.Equal(CommandLine.Failure, ExitCode);
        Assert.Equal("", Output);
        string line = Assert.Single(
            Error.Split('\n', StringSplitOptions.RemoveEmptyEntries),
            line => !line.StartsWith("kleidi: no native library", StringComparison.Ordinal));
        Assert.StartsWith("kleidi: ", line, StringComparison.Ordinal);
        return line;
    }
}
