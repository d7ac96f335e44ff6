// SPDX-License-Identifier: Apache-2.0
using KleidiSharp.Tool.Run;

namespace KleidiSharp.Tool.BenchModel;

/// <summary>The report of <c>kleidi bench-model</c> for people.</summary>
internal static class BenchModelText
{
    public static void Write(BenchModelReport report, TextWriter output)
    {
        BenchModelMethod method = report.Method;
        output.WriteLine($"{report.Name} ({report.File}, {Figures.Bytes(report.FileBytes)}), "
            + $"{Figures.Count(method.Rounds, "round")}, {Figures.Count(report.Machine.Threads, "thread")}, "
            + report.Machine.Processor);
        output.WriteLine(report.Machine.Cpu);
        foreach (string note in method.Notes)
        {
            output.WriteLine(note);
        }

        output.WriteLine();
        WriteLoading(report, output);
        output.WriteLine();
        WriteSpeeds(report, output);
        foreach (FormatSpeed format in report.Formats)
        {
            output.WriteLine();
            output.WriteLine($"{format.Format}:");
            RunText.WriteLayers(format.Layers, format.Fallbacks, output);
        }
    }

    private static void WriteLoading(BenchModelReport report, TextWriter output)
    {
        var table = new TextTable("weights", "load s", "GB/s of file", "packed");
        foreach (FormatSpeed format in report.Formats)
        {
            table.Add(
                format.Format,
                $"{format.LoadSeconds:F2}",
                $"{format.LoadGigabytesPerSecond:F2}",
                Figures.Bytes(format.WeightBytes));
        }

        table.Write(output);
        if (report.Memory is ProcessMemory memory)
        {
            string peak = memory.PeakResidentBytes is long bytes ? $", at most {Figures.Bytes(bytes)}" : "";
            output.WriteLine($"resident memory after a prompt: {Figures.Bytes(memory.ResidentBytes)}{peak}");
        }
    }

    private static void WriteSpeeds(BenchModelReport report, TextWriter output)
    {
        string first = report.Formats[0].Format;
        var table = new TextTable(
            "",
            "prefill tokens/s",
            "decode tokens/s",
            "decode GB/s",
            $"prefill: {first} over it (quartiles)",
            $"decode: {first} over it (quartiles)");
        foreach (FormatSpeed format in report.Formats)
        {
            Add(format.Format, format.Prefill, format.Decode, $"{format.DecodeGigabytesPerSecond:F2}");
        }

        foreach (PeerSpeed peer in report.Peers)
        {
            Add(peer.Peer, peer.Prefill, peer.Decode, "");
        }

        table.Write(output);

        void Add(string name, RateReport prefill, RateReport decode, string bandwidth) => table.Add(
            name,
            $"{prefill.TokensPerSecond:F1}",
            $"{decode.TokensPerSecond:F1}",
            bandwidth,
            Ratio(prefill.FirstOverThis),
            Ratio(decode.FirstOverThis));
    }

    private static string Ratio(RatioReport? ratio) =>
        ratio is null ? "" : $"{ratio.Median:F2} ({ratio.LowerQuartile:F2}..{ratio.UpperQuartile:F2})";
}
