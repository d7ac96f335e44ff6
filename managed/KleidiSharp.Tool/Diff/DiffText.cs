// SPDX-License-Identifier: Apache-2.0
using System.Globalization;

namespace KleidiSharp.Tool.Diff;

/// <summary>The report of <c>kleidi diff</c> for people.</summary>
internal static class DiffText
{
    private const int ShownValues = 8;

    public static void Write(DiffReport report, TextWriter output)
    {
        string cases = report.Cases == 1 ? $"case {report.FirstCase}" : Figures.Count(report.Cases, "case");
        output.WriteLine(
            $"{report.Left} against {report.Right}, seed {report.Seed}, {cases} of each format, {report.Seconds:F1} s");
        foreach (HostReport host in report.Hosts)
        {
            output.WriteLine();
            output.WriteLine($"{host.Name}:");
            var table = new TextTable("format", "tier", "kernel", "cases", "differing", "max ULP", "median SQNR dB");
            foreach (KernelCount kernel in host.Kernels)
            {
                table.Add(
                    kernel.Format,
                    kernel.Tier,
                    kernel.Kernel,
                    $"{kernel.Cases}",
                    $"{kernel.Differing}",
                    $"{kernel.MaxUlp}",
                    kernel.MedianSqnrDecibels?.ToString("F1", CultureInfo.InvariantCulture) ?? "-");
            }

            table.Write(output);
            foreach (FailureReport failure in host.Failures)
            {
                output.WriteLine();
                Write(failure, output);
            }
        }

        output.WriteLine();
        output.WriteLine(report.Ok ? "No bit differs." : "Bits differ.");
    }

    private static void Write(FailureReport failure, TextWriter output)
    {
        SmallestCase smallest = failure.Smallest;
        output.WriteLine($"{failure.Kernel} differs in {failure.Case}");
        output.WriteLine($"  {failure.Difference}");
        output.WriteLine($"  shrunk to {smallest.Shape}");
        output.WriteLine($"  {smallest.Difference}");
        output.WriteLine($"  x: {Values(smallest.X)}; weights: {Values(smallest.Weights)}"
            + (smallest.Bias is null ? "" : $"; bias: {Values(smallest.Bias)}"));
        output.WriteLine($"  repeat: {failure.Command}");
    }

    // The values that are not 0, with their places.
    private static string Values(IReadOnlyList<float> values)
    {
        (float Value, int Index)[] shown =
            [.. values.Select((value, index) => (value, index)).Where(v => v.value != 0)];
        return shown.Length == 0 ? "all 0"
            : string.Join(", ", shown.Take(ShownValues).Select(v => $"[{v.Index}] = {v.Value:R}"))
                + (shown.Length > ShownValues ? $" and {shown.Length - ShownValues} more" : "")
                + (shown.Length < values.Count ? $", {Figures.Count(values.Count - shown.Length, "zero")}" : "");
    }
}
