// SPDX-License-Identifier: Apache-2.0
using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace KleidiSharp.Tool.Bench;

/// <summary>
/// Another library's multiplication, as a command that measures it: <c>{m}</c>, <c>{k}</c>, <c>{n}</c>, <c>{threads}</c>
/// and <c>{bytes}</c> (of weights to rotate through) are replaced in it, and the last line of its output ends with the
/// median microseconds of one multiplication, or is a JSON object that has them as "us".
/// </summary>
internal sealed partial class PeerCommand
{
    private const int ErrorLines = 5;

    private readonly List<string> words;

    /// <param name="command">Words as for a shell, which does not run it; nothing else is expanded.</param>
    /// <exception cref="ArgumentException">It is no command, or the shape is not in it.</exception>
    public PeerCommand(string command)
    {
        words = CommandWords.Split(command);
        foreach (string placeholder in new[] { "{m}", "{k}", "{n}" })
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

    /// <summary>Runs the command once.</summary>
    /// <param name="rows">m.</param>
    /// <param name="inFeatures">k.</param>
    /// <param name="outFeatures">n.</param>
    /// <param name="threads">Threads that it may use.</param>
    /// <param name="bytes">Of weights that it rotates through.</param>
    /// <returns>Seconds of one multiplication.</returns>
    /// <exception cref="InvalidOperationException">It could not be started, failed, or gave no time.</exception>
    public double Run(int rows, int inFeatures, int outFeatures, int threads, long bytes)
    {
        string[] run = [.. words.Select(word => word
            .Replace("{m}", Text(rows), StringComparison.Ordinal)
            .Replace("{k}", Text(inFeatures), StringComparison.Ordinal)
            .Replace("{n}", Text(outFeatures), StringComparison.Ordinal)
            .Replace("{threads}", Text(threads), StringComparison.Ordinal)
            .Replace("{bytes}", Text(bytes), StringComparison.Ordinal))];
        using Process process = Start(run);
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException(
                $"The command of --against ended with exit code {process.ExitCode}: {string.Join(' ', run)}{Tail(error.Result)}");
        }

        return Microseconds(output) is double microseconds and > 0 && double.IsFinite(microseconds)
            ? microseconds / 1e6
            : throw new InvalidOperationException(
                "The command of --against must end its output with microseconds above 0, or with a JSON object that has them "
                + $"as \"us\", not with '{LastLine(output)}': {string.Join(' ', run)}{Tail(error.Result)}");

        static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
    }

    /// <summary>Reads the time from what a command wrote; null where there is none.</summary>
    internal static double? Microseconds(string output)
    {
        string line = LastLine(output);
        if (line.StartsWith('{'))
        {
            try
            {
                using JsonDocument json = JsonDocument.Parse(line);
                return json.RootElement.TryGetProperty("us", out JsonElement us) && us.ValueKind == JsonValueKind.Number
                    ? us.GetDouble()
                    : null;
            }
            catch (JsonException)
            {
                return null;
            }
        }

        string number = Number().Match(line).Value;
        return number.Length > 0 ? double.Parse(number, CultureInfo.InvariantCulture) : null;
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

    private static string LastLine(string output) => Lines(output).LastOrDefault("");

    private static string Tail(string error) =>
        string.Concat(Lines(error).TakeLast(ErrorLines).Select(line => $"{Environment.NewLine}  {line}"));

    private static string[] Lines(string text) =>
        text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    // The last number of a line; what stands in a word, such as the 8 of "int8", is none.
    [GeneratedRegex(@"(?<![\w.+-])[+-]?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?(?![\w.])", RegexOptions.RightToLeft)]
    private static partial Regex Number();
}
