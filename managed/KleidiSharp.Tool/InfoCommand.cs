// SPDX-License-Identifier: Apache-2.0
using System.CommandLine;
using System.Runtime.InteropServices;
using KleidiSharp.Tool.Doctor;
using KleidiSharp.Tool.Info;

namespace KleidiSharp.Tool;

/// <summary><c>kleidi info</c>: the kernels of a machine.</summary>
internal sealed class InfoCommand : ToolCommand
{
    private const KernelTiers X64Tiers = KernelTiers.Avx2 | KernelTiers.AvxVnni | KernelTiers.Avx512Vnni
        | KernelTiers.Amx;
    private const KernelTiers ArmTiers = KernelTiers.Neon | KernelTiers.DotProd | KernelTiers.I8mm | KernelTiers.Sve
        | KernelTiers.Sme | KernelTiers.Sme2;

    private readonly Option<string?> device = CommonOptions.Device();
    private readonly Option<KernelTiers> disable = CommonOptions.Disable();
    private readonly Option<KernelTiers> enable = CommonOptions.Enable();
    private readonly Option<bool> all = new("--all")
    {
        Description = "Shows the tiers of other architectures too.",
    };
    private readonly Option<bool> why = new("--why")
    {
        Description = "Says of each kernel what it is for and why it stands where it stands.",
    };
    private readonly Option<bool> json = CommonOptions.Json();

    public InfoCommand()
        : base(
            "info",
            "Lists the kernels of every weight format and tier: which are compiled in, which this processor can run, "
            + "which are enabled, which are chosen for how many rows, and why.",
            "kleidi info",
            "kleidi info --disable avx512vnni    # what takes over",
            "kleidi info --why",
            "kleidi info --device \"ssh board kleidi-device\"")
    {
        Options.Add(device);
        Options.Add(disable);
        Options.Add(enable);
        Options.Add(all);
        Options.Add(why);
        Options.Add(json);
    }

    protected override int Run(ParseResult arguments, ToolConsole console)
    {
        using KernelDevice? started =
            arguments.GetValue(device) is { } command ? KernelDevice.Start(command) : null;
        using var compute = new ComputeContext(new ComputeOptions
        {
            Device = started,
            DisabledTiers = arguments.GetValue(disable),
            EnabledTiers = arguments.GetValue(enable),
        });
        string? failure = started is null ? NativeLibraryInfo.Current.Failure : null;
        var report = new InfoReport(MachineReport.Here(compute), failure, KernelTable.Of(compute));
        if (arguments.GetValue(json))
        {
            console.WriteJson(report, ToolJson.Default.InfoReport);
        }
        else
        {
            InfoText.Write(report, TiersOf(compute, arguments.GetValue(all)), arguments.GetValue(why), console.Out);
        }

        return CommandLine.Success;
    }

    // From the simplest on, as the enumeration has them, but for AvxVnni, which is younger than the tier above it.
    private static string[] TiersOf(ComputeContext compute, bool all)
    {
        KernelTiers others = compute.Cpu.Architecture switch
        {
            _ when all => KernelTiers.None,
            Architecture.X64 => ArmTiers,
            Architecture.Arm64 => X64Tiers,
            _ => KernelTiers.None,
        };
        return
        [
            .. compute.Kernels.Select(kernel => kernel.Tier).Distinct()
                .OrderBy(tier => tier == KernelTiers.AvxVnni ? KernelTiers.Avx512Vnni - 1 : tier)
                .Where(tier => (tier & others) == 0)
                .Select(tier => tier.ToString().ToLowerInvariant()),
        ];
    }
}
