// SPDX-License-Identifier: Apache-2.0
using Microsoft.Extensions.Logging;

namespace KleidiSharp;

/// <summary>What a <see cref="ComputeContext"/> is made of.</summary>
public sealed class ComputeOptions
{
    /// <summary>
    /// Threads that share the work of a call, the caller's included, 1 to 1024; null for KLEIDISHARP_THREADS, else for
    /// the processors that the process may use (affinity and container quota counted). With a device, null means 1.
    /// </summary>
    public int? Threads { get; init; }

    /// <summary>
    /// Tiers that are switched off, besides those that KLEIDISHARP_DISABLE names ("avx512vnni,i8mm").
    /// </summary>
    public KernelTiers DisabledTiers { get; init; }

    /// <summary>
    /// Tiers that are off unless asked for (sme, sme2) and are wanted, besides those that KLEIDISHARP_ENABLE names. A
    /// tier that is disabled as well stays off.
    /// </summary>
    public KernelTiers EnabledTiers { get; init; }

    /// <summary>
    /// Name of the one kernel that is to pack and multiply weights of its format, as <see cref="KernelInfo.Name"/> has
    /// it; its tier counts as enabled. To compare kernels, and the only way to run those that are not exact. A number of
    /// rows that it does not take is refused. Null for the first kernel that fits.
    /// </summary>
    public string? Kernel { get; init; }

    /// <summary>What does the work.</summary>
    public ComputeBackend Backend { get; init; }

    /// <summary>Whether a native library that cannot be loaded is an error instead of a reason to work in C#.</summary>
    public bool RequireNative { get; init; }

    /// <summary>A program that does the work instead of this process; it is not disposed of with the context.</summary>
    public KernelDevice? Device { get; init; }

    /// <summary>
    /// Receives messages; null for none. That there is no native library, and why, is a warning that each factory gets
    /// once, however many contexts it serves.
    /// </summary>
    public ILoggerFactory? LoggerFactory { get; init; }
}
