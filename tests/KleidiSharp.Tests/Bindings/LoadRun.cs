// SPDX-License-Identifier: Apache-2.0
using System.Diagnostics;
using System.Text.Json;

namespace KleidiSharp.Tests.Bindings;

/// <summary>Loads the library in a process of its own.</summary>
internal static class LoadRun
{
    private const string Variable = "KLEIDISHARP_LIBRARY";

    /// <summary>The runtime that runs the tests; it is not always the one that the system finds first.</summary>
    public static string Runtime => Environment.ProcessPath!;

    private static string Assembly => typeof(TestProgram).Assembly.Location;

    /// <summary>Names a file as the library.</summary>
    /// <param name="library">The file; null for what the program finds itself.</param>
    /// <param name="program">The program's assembly; null for this one where it stands.</param>
    /// <param name="prefix">A command that runs the program, for instance as another user.</param>
    public static LoadOutcome Of(string? library, string? program = null, params string[] prefix)
    {
        string[] command = [.. prefix, Runtime, program ?? Assembly, TestProgram.Load];
        var start = new ProcessStartInfo(command[0], command[1..])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment.Remove(Variable);
        if (library is not null)
        {
            start.Environment[Variable] = library;
        }

        using Process process = Process.Start(start)!;
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.Equal((0, string.Empty), (process.ExitCode, error.Result));
        return JsonSerializer.Deserialize<LoadOutcome>(output)!;
    }

    /// <summary>Copies the program, without native libraries, to where every user can read it.</summary>
    /// <returns>Its assembly.</returns>
    public static string CopyProgram(TemporaryFolder folder)
    {
        foreach (string file in Directory.GetFiles(Path.GetDirectoryName(Assembly)!))
        {
            File.Copy(file, Path.Combine(folder.FullName, Path.GetFileName(file)));
        }

        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(folder.FullName, (UnixFileMode)0b111_101_101);
        }

        return Path.Combine(folder.FullName, Path.GetFileName(Assembly));
    }
}
