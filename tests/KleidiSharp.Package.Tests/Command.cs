// SPDX-License-Identifier: Apache-2.0
using System.Diagnostics;
using System.Text;

namespace KleidiSharp.PackageTests;

/// <summary>A program that was run, and what it wrote.</summary>
internal sealed record Command(string Line, int ExitCode, string Output, TimeSpan Duration)
{
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(8);

    /// <summary>Runs a program to its end; both streams come back as one text.</summary>
    public static Command Run(
        string program, IEnumerable<string> arguments, string folder, IReadOnlyDictionary<string, string?>? environment = null)
    {
        using Process process = Start(program, arguments, folder, environment);
        var output = new StringBuilder();
        process.OutputDataReceived += Append;
        process.ErrorDataReceived += Append;
        var watch = Stopwatch.StartNew();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        string line = $"{program} {string.Join(' ', process.StartInfo.ArgumentList)}";
        if (!process.WaitForExit(s_limit))
        {
            process.Kill(entireProcessTree: true);
            Assert.Fail($"{line} did not end within {s_limit}:\n{output}");
        }

        process.WaitForExit(); // until both streams are read
        return new Command(line, process.ExitCode, output.ToString(), watch.Elapsed);

        void Append(object sender, DataReceivedEventArgs e)
        {
            if (e.Data is not null)
            {
                lock (output)
                {
                    output.Append(e.Data).Append('\n');
                }
            }
        }
    }

    /// <summary>Starts a program in an environment without what the test run itself has set for .NET.</summary>
    public static Process Start(
        string program, IEnumerable<string> arguments, string folder, IReadOnlyDictionary<string, string?>? environment = null)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (string name in start.Environment.Keys.Where(IsOfTheTestRun).ToArray())
        {
            start.Environment.Remove(name);
        }

        foreach ((string name, string? value) in environment ?? new Dictionary<string, string?>())
        {
            start.Environment[name] = value;
        }

        return Process.Start(start) ?? throw new InvalidOperationException($"{program} did not start");
    }

    /// <summary>This command, which has to have ended well.</summary>
    public Command Succeeded()
    {
        Assert.True(ExitCode == 0, $"{Line} ended with {ExitCode}:\n{Output}");
        return this;
    }

    /// <summary>What stands behind "key: " in a line of the output.</summary>
    public string Value(string key)
    {
        string[] values = [.. Output.Split('\n').Where(line => line.StartsWith($"{key}: ", StringComparison.Ordinal))
            .Select(line => line[(key.Length + 2)..])];
        Assert.True(values.Length == 1, $"{Line} wrote {values.Length} lines \"{key}: \":\n{Output}");
        return values[0];
    }

    private static bool IsOfTheTestRun(string name) =>
        name.StartsWith("MSBUILD", StringComparison.OrdinalIgnoreCase)
        || name.StartsWith("VSTEST", StringComparison.OrdinalIgnoreCase)
        || name.StartsWith("KLEIDISHARP_", StringComparison.Ordinal)
        || name is "DOTNET_HOST_PATH" or "DOTNET_ROOT";
}
