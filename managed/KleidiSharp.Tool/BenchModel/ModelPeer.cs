// SPDX-License-Identifier: Apache-2.0
using System.Text.Json;
using KleidiSharp.Tool.Bench;

namespace KleidiSharp.Tool.BenchModel;

/// <summary>
/// Another model runner, as a command that measures it: <c>{model}</c>, <c>{threads}</c>, <c>{prompt}</c> and
/// <c>{tokens}</c> are replaced in it, and the last line of its output is a JSON object with tokens per second as "prefill"
/// and "decode".
/// </summary>
internal sealed class ModelPeer(string command) : PeerCommand(command, "{model}", "{prompt}", "{tokens}")
{
    /// <summary>Runs the command once.</summary>
    /// <param name="model">The GGUF file.</param>
    /// <param name="threads">Threads that it may use.</param>
    /// <param name="prompt">Tokens to pass through the model at once.</param>
    /// <param name="tokens">Tokens to pass through it one by one.</param>
    /// <exception cref="InvalidOperationException">It could not be started, failed, or gave no speed.</exception>
    public TokenSpeed Run(string model, int threads, int prompt, int tokens) => Run<TokenSpeed>(
        new Dictionary<string, string>
        {
            ["{model}"] = model,
            ["{threads}"] = Text(threads),
            ["{prompt}"] = Text(prompt),
            ["{tokens}"] = Text(tokens),
        },
        Speed,
        "a JSON object that has tokens per second above 0 as \"prefill\" and \"decode\"");

    /// <summary>Reads the speed from the last line that a command wrote; null where there is none.</summary>
    internal static TokenSpeed? Speed(string line)
    {
        try
        {
            using JsonDocument json = JsonDocument.Parse(line);
            return Rate(json.RootElement, "prefill") is double prefill && Rate(json.RootElement, "decode") is double decode
                ? new TokenSpeed(prefill, decode)
                : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static double? Rate(JsonElement json, string name) =>
        json.ValueKind == JsonValueKind.Object && json.TryGetProperty(name, out JsonElement value)
        && value.ValueKind == JsonValueKind.Number && value.GetDouble() is > 0 and var rate && double.IsFinite(rate)
            ? rate
            : null;
}
