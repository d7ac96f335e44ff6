// SPDX-License-Identifier: Apache-2.0
using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace KleidiSharp.Tool.Bench;

/// <summary>
/// A command that measures another library and whose last line of output says what it measured. Names in braces, such as
/// <c>{threads}</c>, are replaced in it.
/// </summary>
internal abstract partial class PeerCommand
{
    private const int ErrorLines = 5;

    private readonly List<string> words;

    /// <param name="command">Words as for a shell, which does not run it; nothing else is expanded.</param>
    /// <param name="needed">What has to be in it.</param>
    /// <exception cref="ArgumentException">It is no command, or something that is needed is not in it.</exception>
    protected PeerCommand(string command, params ReadOnlySpan<string> needed)
    {
        words = CommandWords.Split(command);
        foreach (string placeholder in needed)
        {
            if (!command.Contains(placeholder, StringComparison.Ordinal))
            {
                throw new ArgumentException($"The command has no {placeholder}: {command}", nameof(command));
            }
        }

        Command = command;
        Name = Path.GetFileNameWithoutExtension(words[0]);
    }

    /// <summary>The command as it was given.</summary>
    public string Command { get; }

    /// <summary>What its program is called.</summary>
    public string Name { get; }

    /// <summary>A number as it stands in a command.</summary>
    protected static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);

    /// <summary>Runs the command once.</summary>
    /// <param name="values">What each placeholder is replaced by.</param>
    /// <param name="read">Reads the last line of the output; null where it is not what is expected.</param>
    /// <param name="expected">What the output must end with.</param>
    /// <exception cref="InvalidOperationException">It could not be started, failed, or wrote something else.</exception>
    protected T Run<T>(IReadOnlyDictionary<string, string> values, Func<string, T?> read, string expected)
        where T : struct
    {
        string[] run =
            [.. words.Select(word => Placeholder().Replace(word, match => values.GetValueOrDefault(match.Value, match.Value)))];
        using Process process = Start(run);
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException(
                $"The command of --against ended with exit code {process.ExitCode}: {string.Join(' ', run)}{Tail(error.Result)}");
        }

        string line = Lines(output).LastOrDefault("");
        return read(line) ?? throw new InvalidOperationException(
            $"The command of --against must end its output with {expected}, not with '{line}': "
            + $"{string.Join(' ', run)}{Tail(error.Result)}");
    }

    private static Process Start(string[] run)
    {
        var start = new ProcessStartInfo(run[0], run[1..])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        try
        {
            return Process.Start(start)!;
        }
        catch (Win32Exception e)
        {
            throw new InvalidOperationException($"The command of --against could not be started: {run[0]}: {e.Message}", e);
        }
    }

    private static string Tail(string error) =>
        string.Concat(Lines(error).TakeLast(ErrorLines).Select(line => $"{Environment.NewLine}  {line}"));

    private static string[] Lines(string text) =>
        text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    [GeneratedRegex(@"\{\w+\}")]
    private static partial Regex Placeholder();
}
