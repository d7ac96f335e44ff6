// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp.Tool.Doctor;

/// <summary>The report of <c>kleidi doctor</c> for people.</summary>
internal static class DoctorText
{
    public static void Write(DoctorReport report, TextWriter output)
    {
        MachineReport machine = report.Machine;
        LibraryReport library = report.Library;
        output.WriteLine($"runtime identifier  {machine.RuntimeIdentifier}");
        output.WriteLine($"system              {machine.OperatingSystem}");
        output.WriteLine($".NET                {machine.Framework}");
        output.WriteLine($"C library           {machine.CLibrary}");
        output.WriteLine($"CPU                 {machine.Cpu}");
        output.WriteLine($"works               {machine.Backend}, {Figures.Count(machine.Threads, "thread")}");
        if (library.Loaded)
        {
            output.WriteLine($"library             {library.Path ?? "loaded from an unknown place"}");
            output.WriteLine(
                $"                    version {library.Version}, ABI {library.AbiVersion}, on {library.Platform}");
            string kleidiAI = library.KleidiAIVersion is "" ? "not linked in" : library.KleidiAIVersion!;
            output.WriteLine($"KleidiAI            {kleidiAI}");
        }
        else
        {
            output.WriteLine("library             none");
        }

        WriteKernels(report, output);
        foreach (string remark in report.Remarks)
        {
            output.WriteLine($"remark: {remark}");
        }

        foreach (string problem in report.Problems)
        {
            output.WriteLine($"problem: {problem}");
        }

        output.WriteLine(report.Ok ? "All is well." : $"{Figures.Count(report.Problems.Count, "problem")}.");
    }

    private static void WriteKernels(DoctorReport report, TextWriter output)
    {
        output.WriteLine();
        output.WriteLine("Kernels, in order of preference:");
        var table = new TextTable(
            "format", "tier", "kernel", "rows", "by", "compiled", "supported", "enabled", "self-test", "chosen");
        foreach (KernelReport kernel in report.Kernels)
        {
            SelfTestReport? test = report.SelfTest.FirstOrDefault(test => test.Kernel == kernel.Name);
            table.Add(
                kernel.Format,
                kernel.Tier,
                kernel.Name,
                kernel.Rows,
                kernel.Origin,
                Figures.YesNo(kernel.Compiled),
                Figures.YesNo(kernel.Supported),
                Figures.YesNo(kernel.Enabled),
                test is null ? "-" : test.Ok ? $"{test.CasesPassed} passed" : "FAILED",
                kernel.Chosen);
        }

        table.Write(output);
        output.WriteLine();
        ILookup<string, LayoutReport> layouts = report.Layouts.ToLookup(layout => !layout.Ok ? "that are NOT as specified"
            : layout.IsKleidiAI ? "that are as KleidiAI packs them"
            : "of KleidiSharp");
        foreach (IGrouping<string, LayoutReport> kind in layouts)
        {
            output.WriteLine($"Layouts {kind.Key}: {string.Join(", ", kind.Select(layout => layout.Name))}");
        }
    }
}
