// SPDX-License-Identifier: Apache-2.0
using System.Runtime.InteropServices;

namespace KleidiSharp.Tool;

/// <summary>Where figures come from.</summary>
/// <param name="RuntimeIdentifier">For instance "linux-x64": which native binary of a package this process
/// takes.</param>
/// <param name="OperatingSystem">Its name and version.</param>
/// <param name="Framework">The .NET version.</param>
/// <param name="CLibrary">For instance "glibc 2.36".</param>
/// <param name="Processor">What its maker calls the processor; the architecture where the system does not say.</param>
/// <param name="Cpu">Architecture and features that kernels may need.</param>
/// <param name="Threads">Threads that share a multiplication.</param>
/// <param name="Backend">"native", "managed" or "device".</param>
/// <param name="DisabledTiers">Kernel tiers that are switched off.</param>
internal sealed record MachineReport(
    string RuntimeIdentifier,
    string OperatingSystem,
    string Framework,
    string CLibrary,
    string Processor,
    string Cpu,
    int Threads,
    string Backend,
    string DisabledTiers)
{
    public static MachineReport Here(ComputeContext compute) => new(
        RuntimeInformation.RuntimeIdentifier,
        RuntimeInformation.OSDescription,
        RuntimeInformation.FrameworkDescription,
        NativeLibraryInfo.CLibrary,
        ProcessorName.Read(),
        $"{(compute.Cpu.Architecture?.ToString() ?? "other").ToLowerInvariant()}: {compute.Cpu}",
        compute.Threads,
        compute.Backend.ToString().ToLowerInvariant(),
        compute.DisabledTiers.ToString().ToLowerInvariant());
}
