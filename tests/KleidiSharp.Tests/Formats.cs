// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp.Tests;

/// <summary>The weight formats.</summary>
internal static class Formats
{
    /// <summary>All of them, in groups of so many values where they have groups.</summary>
    public static IEnumerable<WeightFormat> All(int group) => Enum.GetValues<WeightKind>().Select(kind => Of(kind, group));

    public static IEnumerable<WeightFormat> Grouped(int group) => All(group).Where(format => format.GroupSize > 0);

    public static WeightFormat Of(WeightKind kind, int group) =>
        WeightFormat.From(kind, 0) ?? WeightFormat.From(kind, group)!.Value;

    /// <summary>The code 0..15 at a place of packed nibbles.</summary>
    public static int Nibble(ReadOnlySpan<byte> codes, int k) => (codes[k / 2] >> (k % 2 * 4)) & 15;
}
