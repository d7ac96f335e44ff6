// SPDX-License-Identifier: Apache-2.0
using System.Globalization;

namespace KleidiSharp.Tool.Bench;

/// <summary>The size of the largest cache of this machine's first processor.</summary>
internal static class LastLevelCache
{
    private const string Folder = "/sys/devices/system/cpu/cpu0/cache";

    /// <summary>Where the system does not say, a size that few machines exceed.</summary>
    private const long Assumed = 64L << 20;

    /// <summary>Reads the size from the system.</summary>
    /// <returns>Bytes, and whether the system said so.</returns>
    public static (long Bytes, bool Known) Read()
    {
        long largest = 0;
        if (Directory.Exists(Folder))
        {
            foreach (string index in Directory.EnumerateDirectories(Folder, "index*"))
            {
                string file = Path.Combine(index, "size");
                if (File.Exists(file))
                {
                    largest = Math.Max(largest, Parse(File.ReadAllText(file).Trim()));
                }
            }
        }
        return largest > 0 ? (largest, true) : (Assumed, false);
    }

    /// <summary>Reads a size as sysfs writes it, for instance "32768K"; 0 for anything else.</summary>
    internal static long Parse(string text)
    {
        long unit = text.LastOrDefault() switch { 'K' => 1L << 10, 'M' => 1L << 20, 'G' => 1L << 30, _ => 0 };
        return unit > 0 && long.TryParse(
            text.AsSpan(0, text.Length - 1), NumberStyles.None, CultureInfo.InvariantCulture, out long number)
            ? number * unit
            : 0;
    }
}
