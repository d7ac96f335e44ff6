// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp;

/// <summary>Tiers as they are written in the environment and in reports: lower case, separated by commas.</summary>
internal static class TierNames
{
    /// <summary>Tiers that are off unless asked for.</summary>
    public const KernelTiers OnRequest = (KernelTiers)Interop.NativeMethods.KS_TIERS_ON_REQUEST;

    public static string Format(KernelTiers tiers) =>
        tiers == KernelTiers.None
            ? "none"
            : string.Join(",", All.Where(tier => tiers.HasFlag(tier)).Select(tier => tier.ToString().ToLowerInvariant()));

    /// <exception cref="FormatException">A name is unknown.</exception>
    public static KernelTiers Parse(string list)
    {
        KernelTiers tiers = KernelTiers.None;
        foreach (string name in list.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            KernelTiers tier = All.FirstOrDefault(tier => name.Equals(tier.ToString(), StringComparison.OrdinalIgnoreCase));
            if (tier == KernelTiers.None)
            {
                throw new FormatException(
                    $"'{name}' is not a kernel tier; there are {string.Join(", ", All).ToLowerInvariant()}");
            }

            tiers |= tier;
        }

        return tiers;
    }

    private static IEnumerable<KernelTiers> All => Enum.GetValues<KernelTiers>().Where(tier => tier != KernelTiers.None);
}
