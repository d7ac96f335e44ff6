// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp.Tool;

/// <summary>Numbers with their words.</summary>
internal static class Figures
{
    /// <summary>For instance "1 thread" and "2 threads".</summary>
    public static string Count(long number, string noun) => number == 1 ? $"1 {noun}" : $"{number} {noun}s";

    /// <summary>"yes" or "no".</summary>
    public static string YesNo(bool value) => value ? "yes" : "no";

    /// <summary>For instance "4.2 KB", "17.0 MB"; powers of ten.</summary>
    public static string Bytes(double bytes) => bytes switch
    {
        < 1e3 => $"{bytes:F0} B",
        < 1e6 => $"{bytes / 1e3:F1} KB",
        < 1e9 => $"{bytes / 1e6:F1} MB",
        _ => $"{bytes / 1e9:F2} GB",
    };
}
