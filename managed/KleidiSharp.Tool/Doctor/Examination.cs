// SPDX-License-Identifier: Apache-2.0
using System.Runtime.InteropServices;

namespace KleidiSharp.Tool.Doctor;

/// <summary>Looks at everything that can be wrong with KleidiSharp on a machine.</summary>
/// <param name="device">The device to look at instead of this process; null for this process.</param>
/// <param name="disabled">Kernel tiers that are switched off.</param>
/// <param name="enabled">Kernel tiers that are off unless asked for, and are.</param>
internal sealed class Examination(KernelDevice? device, KernelTiers disabled, KernelTiers enabled)
{
    private readonly List<string> problems = [];
    private readonly List<string> remarks = [];

    /// <summary>Examines.</summary>
    /// <param name="progress">Is told how far it is, from 0 to 1, and which kernel is tested.</param>
    public DoctorReport Run(Action<double, string> progress)
    {
        LibraryReport library = device is null ? LocalLibrary() : DeviceLibrary(device);
        using ComputeContext compute = Open(null);
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
        IReadOnlyList<LayoutReport> layouts = [.. Layouts(compute)];
        problems.AddRange(layouts.Where(layout => !layout.Ok).Select(layout =>
            $"{layout.Failure}. Build the library again with the KleidiAI release it was made for."));
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

    private ComputeContext Open(string? kernel) => new(new ComputeOptions
    {
        Device = device,
        DisabledTiers = disabled,
        EnabledTiers = enabled,
        Kernel = kernel,
    });

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
        var selfTest = new SelfTest(Open);
        var reports = new List<SelfTestReport>();
        foreach (KernelInfo kernel in usable)
        {
            progress((double)reports.Count / usable.Length, kernel.Name);
            reports.Add(selfTest.Run(kernel));
        }

        return reports;
    }

    // The layouts of every kernel that this processor has, those included that run on request only. The library compares a
    // layout with KleidiAI's packer before it packs anything for it.
    private IEnumerable<LayoutReport> Layouts(ComputeContext compute)
    {
        foreach (IGrouping<WeightLayout, KernelInfo> layout in compute.Kernels
            .Where(kernel => kernel.IsSupported && (kernel.Tier & compute.DisabledTiers) == 0)
            .GroupBy(kernel => kernel.Layout))
        {
            KernelInfo kernel = layout.First();
            string? failure = null;
            using ComputeContext only = Open(kernel.Name);
            try
            {
                WeightFormat format = KernelTable.FormatOf(kernel.Kind, 32);
                int columns = (int)kernel.MinColumns;
                using PackedWeights packed =
                    PackedWeights.Quantize(new float[columns * 32], columns, 32, format, compute: only);
            }
            catch (PlatformNotSupportedException e)
            {
                failure = e.Message;
            }

            yield return new LayoutReport(
                layout.Key.ToString(),
                layout.Any(reader => reader.Origin == "KleidiAI"),
                failure is null,
                failure);
        }
    }
}
