// SPDX-License-Identifier: Apache-2.0
using System.Runtime.InteropServices;

namespace KleidiSharp.Tool;

/// <summary>What the maker calls this machine's processor.</summary>
internal static class ProcessorName
{
    private const string File = "/proc/cpuinfo";

    /// <summary>Asks the system; where it does not say, the architecture.</summary>
    public static string Read() => Parse(System.IO.File.Exists(File) ? System.IO.File.ReadLines(File) : [])
        ?? RuntimeInformation.ProcessArchitecture.ToString().ToLowerInvariant();

    /// <summary>Finds the name in lines of /proc/cpuinfo; null where none of them has it, as on many arm64 boards.</summary>
    internal static string? Parse(IEnumerable<string> lines)
    {
        string? line = lines.FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal));
        string? name = line?[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim();
        return string.IsNullOrEmpty(name) ? null : name;
    }
}
