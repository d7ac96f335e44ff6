// SPDX-License-Identifier: Apache-2.0
using System.CommandLine;
using KleidiSharp.Tool.Doctor;

namespace KleidiSharp.Tool;

/// <summary><c>kleidi doctor</c>: what is wrong here, if anything.</summary>
internal sealed class DoctorCommand : ToolCommand
{
    private readonly Option<string?> device = CommonOptions.Device();
    private readonly Option<KernelTiers> disable = CommonOptions.Disable();
    private readonly Option<KernelTiers> enable = CommonOptions.Enable();
    private readonly Option<bool> json = CommonOptions.Json();

    public DoctorCommand()
        : base(
            "doctor",
            "Says what KleidiSharp finds on this machine: runtime, CPU, library, which kernel is chosen for what and "
            + "why not another; and tests every usable kernel against the C# reference, to the bit. Exit code 1 where "
            + "something is wrong.",
            "kleidi doctor",
            "kleidi doctor --json                # for a program to read",
            "kleidi doctor --device \"ssh board kleidi-device\"",
            "kleidi doctor --enable sme,sme2 --device \"qemu-aarch64 -cpu max kleidi-device\"")
    {
        Options.Add(device);
        Options.Add(disable);
        Options.Add(enable);
        Options.Add(json);
    }

    protected override int Run(ParseResult arguments, ToolConsole console)
    {
        DoctorReport report;
        using (KernelDevice? started = arguments.GetValue(device) is { } command ? KernelDevice.Start(command) : null)
        using (var progress = new ProgressLine(console, "doctor"))
        {
            report = new Examination(started, arguments.GetValue(disable), arguments.GetValue(enable))
                .Run(progress.Report);
        }

        if (arguments.GetValue(json))
        {
            console.WriteJson(report, ToolJson.Default.DoctorReport);
        }
        else
        {
            DoctorText.Write(report, console.Out);
        }

        return report.Ok ? CommandLine.Success : CommandLine.Failure;
    }
}
