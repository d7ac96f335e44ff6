// SPDX-License-Identifier: Apache-2.0
using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace KleidiSharp.Tool.Bench;

/// <summary>
/// Another library's multiplication, as a command that measures it: <c>{m}</c>, <c>{k}</c>, <c>{n}</c>, <c>{threads}</c>
/// and <c>{bytes}</c> (of weights to rotate through) are replaced in it, and the last line of its output ends with the
/// median microseconds of one multiplication, or is a JSON object that has them as "us".
/// </summary>
internal sealed partial class LayerPeer(string command) : PeerCommand(command, "{m}", "{k}", "{n}")
{
    /// <summary>Runs the command once.</summary>
    /// <param name="rows">m.</param>
    /// <param name="inFeatures">k.</param>
    /// <param name="outFeatures">n.</param>
    /// <param name="threads">Threads that it may use.</param>
    /// <param name="bytes">Of weights that it rotates through.</param>
    /// <returns>Seconds of one multiplication.</returns>
    /// <exception cref="InvalidOperationException">It could not be started, failed, or gave no time.</exception>
    public double Run(int rows, int inFeatures, int outFeatures, int threads, long bytes) => Run<double>(
        new Dictionary<string, string>
        {
            ["{m}"] = Text(rows),
            ["{k}"] = Text(inFeatures),
            ["{n}"] = Text(outFeatures),
            ["{threads}"] = Text(threads),
            ["{bytes}"] = Text(bytes),
        },
        line => Microseconds(line) is double microseconds and > 0 && double.IsFinite(microseconds) ? microseconds / 1e6 : null,
        "microseconds above 0, or with a JSON object that has them as \"us\"");

    /// <summary>Reads the time from the last line that a command wrote; null where there is none.</summary>
    internal static double? Microseconds(string line)
    {
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

    // The last number of a line; what stands in a word, such as the 8 of "int8", is none.
    [GeneratedRegex(@"(?<![\w.+-])[+-]?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?(?![\w.])", RegexOptions.RightToLeft)]
    private static partial Regex Number();
}
