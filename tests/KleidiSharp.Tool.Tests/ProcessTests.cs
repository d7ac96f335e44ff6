// SPDX-License-Identifier: Apache-2.0
using System.Diagnostics;
using System.Text.Json;

namespace KleidiSharp.Tool.Tests;

public class ProcessTests
{
    [Fact]
    public void As_a_program_it_writes_to_the_right_streams_and_ends_with_the_right_code()
    {
        using TemporaryFile file = new TinyLlama().ToFile();

        (int code, string output, string error) =
            Run("run", file.Name, "--prompt", "abc", "--temperature", "0", "--max-tokens", "5");
        (int failed, _, string line) = Run("run", "no-such-model.gguf", "--prompt", "abc");

        Assert.Equal(CommandLine.Success, code);
        Assert.Equal(
            ToolRun.Of("run", file.Name, "--prompt", "abc", "--temperature", "0", "--max-tokens", "5").Output, output);
        Assert.Contains("tokens/s", error, StringComparison.Ordinal);
        Assert.Equal(CommandLine.Failure, failed);
        Assert.Contains("no-such-model.gguf", line, StringComparison.Ordinal);
    }

    [Fact]
    public void Info_has_what_the_environment_switches_off_and_on()
    {
        (int code, string output, _) =
            Run([("KLEIDISHARP_DISABLE", "portable"), ("KLEIDISHARP_ENABLE", "sme2")], "info", "--json");

        Assert.Equal(CommandLine.Success, code);
        using JsonDocument report = JsonDocument.Parse(output);
        Assert.All(
            report.RootElement.GetProperty("kernels").EnumerateArray(),
            kernel => Assert.Equal(
                kernel.GetProperty("tier").GetString() is not ("portable" or "sme"),
                kernel.GetProperty("enabled").GetBoolean()));
    }

    private static (int Code, string Output, string Error) Run(params string[] args) => Run([], args);

    private static (int Code, string Output, string Error) Run((string Name, string Value)[] environment, params string[] args)
    {
        string path = Path.Combine(AppContext.BaseDirectory, typeof(CommandLine).Assembly.GetName().Name + ".dll");
        var start = new ProcessStartInfo("dotnet", [path, .. args])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach ((string name, string value) in environment)
        {
            start.Environment[name] = value;
        }

        using Process process = Process.Start(start)!;
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output, error.Result);
    }
}
