// SPDX-License-Identifier: Apache-2.0
using System.Globalization;

namespace KleidiSharp.Tool.BenchModel;

/// <summary>Memory that this process has.</summary>
/// <param name="ResidentBytes">At the moment; pages of mapped files included.</param>
/// <param name="PeakResidentBytes">The most it has had; null where the system does not say.</param>
internal sealed record ProcessMemory(long ResidentBytes, long? PeakResidentBytes)
{
    private const string LinuxStatus = "/proc/self/status";

    public static ProcessMemory Now() =>
        (File.Exists(LinuxStatus) ? Parse(File.ReadLines(LinuxStatus)) : null) ?? new(Environment.WorkingSet, null);

    /// <summary>Reads what Linux says of a process; null where it does not say.</summary>
    internal static ProcessMemory? Parse(IEnumerable<string> status)
    {
        string[] lines = [.. status];
        return Kilobytes("VmRSS:") is long resident ? new ProcessMemory(resident * 1024, Kilobytes("VmHWM:") * 1024) : null;

        long? Kilobytes(string name) =>
            lines.FirstOrDefault(line => line.StartsWith(name, StringComparison.Ordinal)) is string line
            && long.TryParse(line[name.Length..].Replace("kB", ""), NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite,
                CultureInfo.InvariantCulture, out long value)
                ? value
                : null;
    }
}
