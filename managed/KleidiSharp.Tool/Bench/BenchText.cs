// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp.Tool.Bench;

/// <summary>The report of <c>kleidi bench</c> for people.</summary>
internal static class BenchText
{
    private const double Mega = 1e6;
    private const double Giga = 1e9;

    public static void Write(BenchReport report, TextWriter output)
    {
        BenchMethod method = report.Method;
        string threads = Figures.Count(method.Threads, "thread");
        output.WriteLine($"int4/{method.Group} against f32, layers of Llama-3.2-1B, {threads}, {report.Machine.Cpu}");
        string source = method.LastLevelCacheKnown ? "" : " (assumed: the system does not say)";
        output.WriteLine($"Last-level cache {method.LastLevelCacheBytes / Mega:F0} MB{source}; "
            + $"weights of each format rotate over {method.RotatedBytes / Mega:F0} MB.");
        foreach (string note in method.Notes)
        {
            output.WriteLine(note);
        }

        for (int i = 0; i < report.Model.Count; i++)
        {
            output.WriteLine();
            WriteRows(report, i, output);
        }
    }

    private static void WriteRows(BenchReport report, int index, TextWriter output)
    {
        ModelReport model = report.Model[index];
        var table = new TextTable("layer", "out × in", "per token", "int4 µs", "f32 µs", "speed-up (quartiles)",
            "int4 GB/s", "of read", "f32 GB/s", "int4 GOP/s", "f32 GOP/s", "int4 MB", "f32 MB", "SQNR dB");
        foreach (LayerReport layer in report.Layers)
        {
            LayerTimes times = layer.Rows[index];
            table.Add(
                layer.Name,
                $"{layer.OutFeatures} × {layer.InFeatures}",
                $"{layer.PerModel}",
                $"{times.Int4.Microseconds:F0}",
                $"{times.F32.Microseconds:F0}",
                $"{times.SpeedUp:F2} ({times.SpeedUpLowerQuartile:F1}..{times.SpeedUpUpperQuartile:F1})",
                $"{times.Int4.GigabytesPerSecond:F1}",
                $"{times.Int4ShareOfRead:P0}",
                $"{times.F32.GigabytesPerSecond:F1}",
                $"{times.Int4.GigaopsPerSecond:F0}",
                $"{times.F32.GigaopsPerSecond:F0}",
                $"{layer.Int4Bytes / Mega:F2}",
                $"{layer.F32Bytes / Mega:F2}",
                $"{layer.SqnrDecibels:F1}");
        }

        LayerTimes first = report.Layers[0].Rows[index];
        double[] read = [.. report.Layers.Select(layer => layer.Rows[index].ReadGigabytesPerSecond)];
        output.WriteLine($"m = {model.Rows}: {first.Int4.Kernel} against {first.F32.Kernel}; "
            + $"reading memory gives {read.Min():F1} to {read.Max():F1} GB/s");
        table.Write(output);
        output.WriteLine(
            $"whole model: int4 {Total(model.Int4Milliseconds, model.Int4TokensPerSecond, model.Int4Bytes)}; "
            + $"f32 {Total(model.F32Milliseconds, model.F32TokensPerSecond, model.F32Bytes)}; "
            + $"speed-up {model.SpeedUp:F2}");
    }

    private static string Total(double milliseconds, double tokensPerSecond, long bytes) =>
        $"{milliseconds:F1} ms, {tokensPerSecond:F1} tokens/s, {bytes / Giga:F2} GB";
}
