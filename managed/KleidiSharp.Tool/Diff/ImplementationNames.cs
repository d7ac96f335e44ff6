// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp.Tool.Diff;

/// <summary>What <c>--left</c> and <c>--right</c> take, besides the names of tiers.</summary>
internal static class ImplementationNames
{
    /// <summary>The specification in C#.</summary>
    public const string Reference = "reference";

    /// <summary>The C# path for machines without the native library.</summary>
    public const string Managed = "managed";

    /// <summary>The kernel that the library or device chooses.</summary>
    public const string Chosen = "native";

    /// <summary>Every kernel that can run.</summary>
    public const string All = "all";

    /// <summary>The names, tiers included.</summary>
    public static IReadOnlyList<string> Known { get; } =
    [
        Reference, Managed, Chosen, All,
        .. Enum.GetValues<KernelTiers>().Where(tier => tier is not (KernelTiers.None or KernelTiers.Managed))
            .Select(tier => tier.ToString().ToLowerInvariant()),
    ];

    /// <summary>Opens an implementation.</summary>
    /// <param name="name">One of <see cref="Known"/>.</param>
    /// <param name="device">The command of the device that it is on; null for this process.</param>
    public static Implementation Open(string name, string? device) =>
        name == Reference ? new ReferenceImplementation() : KernelsImplementation.Open(name, device);
}
