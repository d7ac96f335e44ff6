// SPDX-License-Identifier: Apache-2.0
using System.Diagnostics;
using System.Reflection;

namespace KleidiSharp.Tests.Bindings;

/// <summary>The source tree that the tests were built from, and the programs that tests of the bindings need.</summary>
internal static class SourceTree
{
    /// <summary>The folder of Interop.sln.</summary>
    public static string Root { get; } = typeof(SourceTree).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
        .Single(a => a.Key == "SourceTree").Value!;

    /// <summary>Whether what is missing fails a test instead of skipping it.</summary>
    public static bool InCI => !string.IsNullOrEmpty(Environment.GetEnvironmentVariable("CI"));

    /// <summary>Skips the test where a program is missing; in CI the test goes on, and fails.</summary>
    public static void Need(params string[] programs)
    {
        foreach (string program in programs)
        {
            Skip.If(!InCI && !IsOnPath(program), $"{program} is not installed; build/setup.sh installs it");
        }
    }

    /// <summary>Runs a program and requires success.</summary>
    public static void Run(string program, params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
        string errors = process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"{program} {string.Join(' ', arguments)}:\n{errors}");
    }

    private static bool IsOnPath(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
            .Any(folder => File.Exists(Path.Combine(folder, program)));
}
