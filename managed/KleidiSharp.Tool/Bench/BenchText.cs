// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp.Tool.Bench;

/// <summary>The report of <c>kleidi bench</c> for people.</summary>
internal static class BenchText
{
    private const double Mega = 1e6;
    private const double Giga = 1e9;

    // From this many rows on a multiplication is judged by what the processor can do, below by what memory can.
    private const int ManyRows = 16;

    public static void Write(BenchReport report, TextWriter output)
    {
        BenchMethod method = report.Method;
        string threads = Figures.Count(method.Threads, "thread");
        string layers = report.Model.Count > 0 ? ", layers of Llama-3.2-1B" : "";
        output.WriteLine($"int4/{method.Group} against f32{layers}, {threads}, {report.Machine.Processor}");
        output.WriteLine(report.Machine.Cpu);
        string source = method.LastLevelCacheKnown ? "" : " (assumed: the system does not say)";
        output.WriteLine($"Last-level cache {method.LastLevelCacheBytes / Mega:F0} MB{source}; "
            + $"weights of each format rotate over {method.RotatedBytes / Mega:F0} MB.");
        foreach (string note in method.Notes)
        {
            output.WriteLine(note);
        }

        for (int i = 0; i < report.Layers[0].Rows.Count; i++)
        {
            output.WriteLine();
            WriteRows(report, i, output);
        }
    }

    private static void WriteRows(BenchReport report, int index, TextWriter output)
    {
        LayerTimes[] times = [.. report.Layers.Select(layer => layer.Rows[index])];
        int rows = times[0].Rows;
        output.WriteLine(
            $"m = {rows}: {times[0].Int4.Kernel} against {times[0].F32.Kernel}; {Limits(times, report.Ceilings)}");
        List<Column> columns =
        [
            new("layer", (layer, _) => layer.Name),
            new("out × in", (layer, _) => $"{layer.OutFeatures} × {layer.InFeatures}"),
            new("int4 µs", (_, t) => $"{t.Int4.Microseconds:F0}"),
            new("f32 µs", (_, t) => $"{t.F32.Microseconds:F0}"),
            new("speed-up (quartiles)", (_, t) => Ratio(t.SpeedUp, t.SpeedUpLowerQuartile, t.SpeedUpUpperQuartile)),
            .. rows < ManyRows ? RatesOfReading() : RatesOfMultiplying(),
            new("int4 MB", (layer, _) => $"{layer.Int4Bytes / Mega:F2}"),
            new("f32 MB", (layer, _) => $"{layer.F32Bytes / Mega:F2}"),
            new("SQNR dB", (layer, _) => $"{layer.SqnrDecibels:F1}"),
        ];
        if (report.Model.Count > 0)
        {
            columns.Insert(2, new("per token", (layer, _) => $"{layer.PerModel}"));
        }

        var table = new TextTable([.. columns.Select(column => column.Header)]);
        foreach (LayerReport layer in report.Layers)
        {
            table.Add([.. columns.Select(column => column.Cell(layer, layer.Rows[index]))]);
        }

        table.Write(output);
        if (report.Model.Count > 0)
        {
            WriteModel(report.Model[index], output);
        }

        for (int peer = 0; peer < times[0].Peers.Count; peer++)
        {
            WritePeer(report.Layers, times, peer, output);
        }

        if (times[0].Peers.Count > 1)
        {
            double[] lowest = [.. times.Select(t => t.Peers.Min(peer => peer.SpeedUp))];
            output.WriteLine($"m = {rows} against the fastest peer of each layer: speed-ups {Range(lowest, "F2")}, "
                + $"geometric mean {GeometricMean(lowest):F2}");
        }
    }

    private static void WritePeer(IReadOnlyList<LayerReport> layers, LayerTimes[] times, int peer, TextWriter output)
    {
        string name = times[0].Peers[peer].Peer;
        var table = new TextTable("layer", "out × in", "int4 µs", $"{name} µs", "speed-up (quartiles)");
        for (int i = 0; i < layers.Count; i++)
        {
            PeerTimes t = times[i].Peers[peer];
            table.Add(
                layers[i].Name,
                $"{layers[i].OutFeatures} × {layers[i].InFeatures}",
                $"{t.Int4Microseconds:F0}",
                $"{t.Microseconds:F0}",
                Ratio(t.SpeedUp, t.SpeedUpLowerQuartile, t.SpeedUpUpperQuartile));
        }

        double mean = GeometricMean(times.Select(t => t.Peers[peer].SpeedUp));
        output.WriteLine($"m = {times[0].Rows} against {name}: geometric mean of the speed-ups {mean:F2}");
        table.Write(output);
    }

    private static Column[] RatesOfReading() =>
    [
        new("int4 GB/s", (_, t) => $"{t.Int4.GigabytesPerSecond:F1}"),
        new("of read", (_, t) => $"{t.Int4ShareOfRead:P0}"),
        new("f32 GB/s", (_, t) => $"{t.F32.GigabytesPerSecond:F1}"),
    ];

    private static Column[] RatesOfMultiplying() =>
    [
        new("int4 GOP/s", (_, t) => $"{t.Int4.GigaopsPerSecond:F0}"),
        new("of peak", (_, t) => Share(t.Int4ShareOfPeak)),
        new("f32 GOP/s", (_, t) => $"{t.F32.GigaopsPerSecond:F0}"),
        new("of peak", (_, t) => Share(t.F32ShareOfPeak)),
    ];

    private static string Limits(LayerTimes[] times, CeilingReport ceilings)
    {
        string read = Range(times.Select(t => t.ReadGigabytesPerSecond), "F1");
        string limits = $"reading memory gives {read} GB/s";
        if (ceilings.Int8Instruction is not null)
        {
            string int8 = Range(times.Select(t => t.Int8PeakGigaopsPerSecond!.Value), "F0");
            limits += $", int8 peak {int8} GOP/s ({ceilings.Int8Instruction})";
        }

        if (ceilings.F32Instruction is not null)
        {
            string f32 = Range(times.Select(t => t.F32PeakGigaopsPerSecond!.Value), "F0");
            limits += $", f32 peak {f32} GOP/s ({ceilings.F32Instruction})";
        }

        return limits;
    }

    private static void WriteModel(ModelReport model, TextWriter output) => output.WriteLine(
        $"whole model: int4 {Total(model.Int4Milliseconds, model.Int4TokensPerSecond, model.Int4Bytes)}; "
        + $"f32 {Total(model.F32Milliseconds, model.F32TokensPerSecond, model.F32Bytes)}; "
        + $"speed-up {model.SpeedUp:F2}");

    private static string Range(IEnumerable<double> values, string format)
    {
        double[] all = [.. values];
        return $"{all.Min().ToString(format)} to {all.Max().ToString(format)}";
    }

    private static double GeometricMean(IEnumerable<double> values) => Math.Exp(values.Average(Math.Log));

    private static string Ratio(double median, double lower, double upper) => $"{median:F2} ({lower:F1}..{upper:F1})";

    private static string Share(double? share) => share is double known ? $"{known:P0}" : "unknown";

    private static string Total(double milliseconds, double tokensPerSecond, long bytes) =>
        $"{milliseconds:F1} ms, {tokensPerSecond:F1} tokens/s, {bytes / Giga:F2} GB";

    private sealed record Column(string Header, Func<LayerReport, LayerTimes, string> Cell);
}
