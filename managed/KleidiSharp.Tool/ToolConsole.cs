// SPDX-License-Identifier: Apache-2.0
using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace KleidiSharp.Tool;

/// <summary>
/// Where a command writes: results to <see cref="Out"/>, everything said on the way to <see cref="Error"/>.
/// </summary>
internal sealed class ToolConsole(InvocationConfiguration configuration)
{
    /// <summary>Results only, so that they can be piped and compared.</summary>
    public TextWriter Out { get; } = configuration.Output;

    /// <summary>Progress, remarks and errors.</summary>
    public TextWriter Error { get; } = configuration.Error;

    /// <summary>Whether a person sees <see cref="Out"/> directly.</summary>
    public bool OutIsTerminal { get; } =
        ReferenceEquals(configuration.Output, Console.Out) && !Console.IsOutputRedirected;

    /// <summary>Whether a line on <see cref="Error"/> can be redrawn.</summary>
    public bool ErrorIsTerminal { get; } =
        ReferenceEquals(configuration.Error, Console.Error) && !Console.IsErrorRedirected;

    /// <summary>Writes one JSON document to <see cref="Out"/>.</summary>
    public void WriteJson<T>(T document, JsonTypeInfo<T> type) =>
        Out.WriteLine(JsonSerializer.Serialize(document, type));
}
