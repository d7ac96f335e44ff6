// SPDX-License-Identifier: Apache-2.0
using KleidiSharp.Tool.Doctor;

namespace KleidiSharp.Tool.Info;

/// <summary>The report of <c>kleidi info</c> for people.</summary>
internal static class InfoText
{
    public static void Write(InfoReport report, TextWriter output)
    {
        output.WriteLine($"{report.Machine.Backend} on {report.Machine.Cpu}; off: {report.Machine.DisabledTiers}");
        output.WriteLine();
        WriteTiers(report.Kernels, output);
        output.WriteLine();
        output.WriteLine("Kernels, in order of preference:");
        var table = new TextTable(
            "format", "tier", "kernel", "rows", "by", "compiled", "supported", "enabled", "chosen", "what for");
        foreach (KernelReport kernel in report.Kernels)
        {
            table.Add(
                kernel.Format,
                kernel.Tier,
                kernel.Name,
                kernel.Rows,
                kernel.Origin,
                Figures.YesNo(kernel.Compiled),
                Figures.YesNo(kernel.Supported),
                Figures.YesNo(kernel.Enabled),
                kernel.Chosen,
                kernel.Note);
        }

        table.Write(output);
    }

    // One row a format, one column a tier.
    private static void WriteTiers(IReadOnlyList<KernelReport> kernels, TextWriter output)
    {
        string[] tiers = [.. kernels.Select(kernel => kernel.Tier).Distinct()];
        var table = new TextTable(["format", .. tiers]);
        foreach (IGrouping<string, KernelReport> format in kernels.GroupBy(kernel => kernel.Format))
        {
            table.Add([format.Key, .. tiers.Select(tier => State([.. format.Where(kernel => kernel.Tier == tier)]))]);
        }

        table.Write(output);
    }

    private static string State(KernelReport[] kernels) =>
        kernels.Length == 0 ? "none"
        : kernels.Any(kernel => kernel.ChosenFor.Count > 0) ? "chosen"
        : kernels.Any(kernel => kernel.Compiled && kernel.Supported && kernel.Enabled) ? "usable"
        : kernels.Any(kernel => kernel.Compiled && kernel.Supported) ? "switched off"
        : kernels.Any(kernel => kernel.Compiled) ? "not on this CPU"
        : "not compiled in";
}
