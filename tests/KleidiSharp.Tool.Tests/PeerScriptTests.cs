// SPDX-License-Identifier: Apache-2.0
using System.Diagnostics;
using System.Reflection;

namespace KleidiSharp.Tool.Tests;

/// <summary>The peers' scripts where there are no peers.</summary>
public class PeerScriptTests
{
    [SkippableTheory]
    [InlineData("ggml.sh")]
    [InlineData("ort.sh")]
    public void They_say_what_is_missing(string script)
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "the peers are Debian's");

        (int code, string output, string error) = Run(script, null, "1", "2048", "2048", "1", "1000000");
        Assert.Equal((1, ""), (code, output));
        Assert.StartsWith($"{script}: PEERS must name the folder", error, StringComparison.Ordinal);

        (code, output, error) = Run(script, "/no/such/folder", "1", "2048", "2048", "1", "1000000");
        Assert.Equal((1, ""), (code, output));
        Assert.StartsWith($"{script}: there is no Debian root at /no/such/folder/", error, StringComparison.Ordinal);

        (code, output, error) = Run(script, "/no/such/folder", "1", "2048");
        Assert.Equal((2, ""), (code, output));
        Assert.Equal($"usage: {script} M K N THREADS BYTES\n", error);
    }

    private static (int Code, string Output, string Error) Run(string script, string? peers, params string[] arguments)
    {
        string tree = typeof(PeerScriptTests).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
            .Single(a => a.Key == "SourceTree").Value!;
        var start = new ProcessStartInfo(Path.Combine(tree, "build", "peers", script), arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment.Remove("PEERS");
        if (peers is not null)
        {
            start.Environment["PEERS"] = peers;
        }

        using Process process = Process.Start(start)!;
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output, error.Result);
    }
}
