// SPDX-License-Identifier: Apache-2.0
using System.CommandLine;
using KleidiSharp.Tool.Doctor;
using KleidiSharp.Tool.Info;

namespace KleidiSharp.Tool;

/// <summary><c>kleidi info</c>: the kernels of a machine.</summary>
internal sealed class InfoCommand : ToolCommand
{
    private readonly Option<string?> device = CommonOptions.Device();
    private readonly Option<KernelTiers> disable = CommonOptions.Disable();
    private readonly Option<bool> json = CommonOptions.Json();

    public InfoCommand()
        : base(
            "info",
            "Lists the kernels of every weight format and tier: which are compiled in, which this processor can run, "
            + "which are enabled, which are chosen for how many rows, and why.",
            "kleidi info",
            "kleidi info --disable avx512vnni    # what takes over",
            "kleidi info --device \"ssh board kleidi-device\"")
    {
        Options.Add(device);
        Options.Add(disable);
        Options.Add(json);
    }

    protected override int Run(ParseResult arguments, ToolConsole console)
    {
        using KernelDevice? started =
            arguments.GetValue(device) is { } command ? KernelDevice.Start(command) : null;
        using var compute = new ComputeContext(
            new ComputeOptions { Device = started, DisabledTiers = arguments.GetValue(disable) });
        var report = new InfoReport(MachineReport.Here(compute), KernelTable.Of(compute));
        if (arguments.GetValue(json))
        {
            console.WriteJson(report, ToolJson.Default.InfoReport);
        }
        else
        {
            InfoText.Write(report, console.Out);
        }

        return CommandLine.Success;
    }
}
