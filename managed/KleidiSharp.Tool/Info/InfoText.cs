// SPDX-License-Identifier: Apache-2.0
using KleidiSharp.Tool.Doctor;

namespace KleidiSharp.Tool.Info;

/// <summary>The report of <c>kleidi info</c> for people.</summary>
internal static class InfoText
{
    private static readonly (string State, string Meaning, Func<KernelReport, bool> Has)[] s_states =
    [
        ("chosen", "runs for some number of rows", kernel => kernel.ChosenFor.Count > 0),
        ("usable", "could run; another tier is preferred", kernel => IsHere(kernel) && kernel.Enabled && kernel.Exact),
        ("inexact", "gives other bits, so it runs where it is forced only", kernel => IsHere(kernel) && kernel.Enabled),
        ("off", "is switched off by --disable or KLEIDISHARP_DISABLE", kernel => IsHere(kernel) && kernel.SwitchedOff),
        ("request", "is off unless --enable or KLEIDISHARP_ENABLE names it", IsHere),
        ("lacking", "needs what this CPU does not have", kernel => kernel.Compiled),
        ("absent", "is not compiled in", _ => true),
    ];

    /// <summary>Writes it.</summary>
    /// <param name="report">The report.</param>
    /// <param name="tiers">The tiers to show, in order.</param>
    /// <param name="why">Whether to say what each kernel is for.</param>
    /// <param name="output">Where to write.</param>
    public static void Write(InfoReport report, IReadOnlyList<string> tiers, bool why, TextWriter output)
    {
        output.WriteLine($"{report.Machine.Backend} on {report.Machine.Cpu}; off: {report.Machine.DisabledTiers}");
        if (report.LibraryFailure is not null)
        {
            output.WriteLine(report.LibraryFailure);
        }

        output.WriteLine();
        WriteTiers(report.Kernels, tiers, output);
        output.WriteLine();
        output.WriteLine("Kernels, in order of preference:");
        foreach (IGrouping<string, KernelReport> format in
            report.Kernels.Where(kernel => tiers.Contains(kernel.Tier)).GroupBy(kernel => kernel.Format))
        {
            output.WriteLine();
            output.WriteLine(format.Key);
            WriteKernels(format, why, output);
        }
    }

    // One row a format, one column a tier.
    private static void WriteTiers(IReadOnlyList<KernelReport> kernels, IReadOnlyList<string> tiers, TextWriter output)
    {
        var seen = new HashSet<string>();
        var table = new TextTable(["format", .. tiers]);
        foreach (IGrouping<string, KernelReport> format in kernels.GroupBy(kernel => kernel.Format))
        {
            string[] states = [.. tiers.Select(tier => State([.. format.Where(kernel => kernel.Tier == tier)]))];
            seen.UnionWith(states);
            table.Add([format.Key, .. states]);
        }

        table.Write(output);
        foreach ((string state, string meaning, _) in s_states.Where(state => seen.Contains(state.State)))
        {
            output.WriteLine($"    {state,-7}  {meaning}");
        }
    }

    private static void WriteKernels(IEnumerable<KernelReport> kernels, bool why, TextWriter output)
    {
        foreach (KernelReport kernel in kernels)
        {
            string columns = kernel.MinColumns > 1 ? $", n ≥ {kernel.MinColumns}" : "";
            output.WriteLine($"  {kernel.Tier,-10}  {kernel.Name}");
            output.WriteLine(
                $"              by {kernel.Origin}, {kernel.Rows}{columns}; compiled {Figures.YesNo(kernel.Compiled)}, "
                + $"supported {Figures.YesNo(kernel.Supported)}, enabled {Figures.YesNo(kernel.Enabled)}, "
                + $"chosen {kernel.Chosen}");
            if (why)
            {
                output.WriteLine($"              {kernel.Note}");
            }
        }
    }

    private static string State(KernelReport[] kernels) => kernels.Length == 0
        ? "-"
        : s_states.First(state => kernels.Any(state.Has)).State;

    private static bool IsHere(KernelReport kernel) => kernel.Compiled && kernel.Supported;
}
