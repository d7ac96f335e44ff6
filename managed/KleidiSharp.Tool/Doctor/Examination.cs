// SPDX-License-Identifier: Apache-2.0
using System.Runtime.InteropServices;

namespace KleidiSharp.Tool.Doctor;

/// <summary>Looks at everything that can be wrong with KleidiSharp on a machine.</summary>
/// <param name="device">The device to look at instead of this process; null for this process.</param>
/// <param name="disabled">Kernel tiers that are switched off.</param>
internal sealed class Examination(KernelDevice? device, KernelTiers disabled)
{
    private readonly List<string> problems = [];
    private readonly List<string> remarks = [];

    /// <summary>Examines.</summary>
    /// <param name="progress">Is told how far it is, from 0 to 1, and which kernel is tested.</param>
    public DoctorReport Run(Action<double, string> progress)
    {
        LibraryReport library = device is null ? LocalLibrary() : DeviceLibrary(device);
        using ComputeContext compute = Open(KernelTiers.None);
        if (compute.DisabledTiers != KernelTiers.None)
        {
            remarks.Add($"Switched off: {compute.DisabledTiers.ToString().ToLowerInvariant()}.");
        }

        if (library.KleidiAIVersion is "" && compute.Cpu.Architecture == Architecture.Arm64)
        {
            problems.Add(
                "KleidiAI is not linked in, so only slower kernels are there: run build/setup.sh and build again.");
        }

        IReadOnlyList<KernelReport> kernels = KernelTable.Of(compute);
        IReadOnlyList<SelfTestReport> selfTest = Test(compute, progress);
        IReadOnlyList<LayoutReport> layouts = Layouts(compute, selfTest);
        foreach (WeightKind kind in Enum.GetValues<WeightKind>())
        {
            if (!kernels.Any(kernel => kernel.Format == KernelTable.Format(kind) && kernel.ChosenFor.Count > 0))
            {
                problems.Add($"No kernel is left for {KernelTable.Format(kind)} weights: switch fewer tiers off.");
            }
        }

        problems.AddRange(selfTest.Where(test => !test.Ok).Select(test =>
            $"{test.Kernel} failed its self-test: {test.Failure}. Do not trust its results: switch its tier off with "
            + "KLEIDISHARP_DISABLE, and build the library again with the KleidiAI release it was made for."));
        return new DoctorReport(
            problems.Count == 0, problems, remarks, MachineReport.Here(compute), library, kernels, layouts, selfTest);
    }

    private ComputeContext Open(KernelTiers alsoDisabled) =>
        new(new ComputeOptions { Device = device, DisabledTiers = disabled | alsoDisabled });

    private LibraryReport LocalLibrary()
    {
        NativeLibraryInfo library = NativeLibraryInfo.Current;
        if (library.Failure is not null)
        {
            problems.Add(
                $"{library.Failure.TrimEnd()}\n  Until then everything runs in C#: the same bits, but slowly.");
        }

        return new LibraryReport(
            library.Failure is null,
            library.Path,
            library.Version,
            NativeLibraryInfo.AbiVersion,
            library.KleidiAIVersion,
            NativeLibraryInfo.CLibrary);
    }

    private static LibraryReport DeviceLibrary(KernelDevice started) =>
        new(
            true,
            started.Command,
            started.LibraryVersion,
            NativeLibraryInfo.AbiVersion,
            started.KleidiAIVersion,
            started.Platform);

    private List<SelfTestReport> Test(ComputeContext compute, Action<double, string> progress)
    {
        KernelInfo[] usable = [.. compute.Kernels.Where(kernel => kernel.IsUsable)];
        using var selfTest = new SelfTest(Open);
        var reports = new List<SelfTestReport>();
        foreach (KernelInfo kernel in usable)
        {
            progress((double)reports.Count / usable.Length, kernel.Name);
            reports.Add(selfTest.Run(kernel, compute.Kernels));
        }

        return reports;
    }

    // The library compares a layout with KleidiAI's packer before anything is packed for it, so a test that got as far
    // as multiplying has passed that check.
    private static List<LayoutReport> Layouts(ComputeContext compute, IReadOnlyList<SelfTestReport> selfTest) =>
    [
        .. selfTest
            .GroupBy(test => compute.Kernels.First(kernel => kernel.Name == test.Kernel).Layout)
            .Select(layout => new LayoutReport(
                layout.Key.ToString(),
                layout.Any(test => test.CasesPassed > 0),
                layout.Any(test => test.CasesPassed > 0) ? null : layout.First().Failure)),
    ];
}
