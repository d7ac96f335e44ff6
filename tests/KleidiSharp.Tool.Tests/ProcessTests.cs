// SPDX-License-Identifier: Apache-2.0
using System.Diagnostics;

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

    private static (int Code, string Output, string Error) Run(params string[] args)
    {
        string path = Path.Combine(AppContext.BaseDirectory, typeof(CommandLine).Assembly.GetName().Name + ".dll");
        using Process process = Process.Start(new ProcessStartInfo("dotnet", [path, .. args])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output, error.Result);
    }
}
