// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp.Tool.Run;

/// <summary>The figures of <c>kleidi run</c> and the layers of a model, for people.</summary>
internal static class RunText
{
    public static void Write(RunReport report, TextWriter output)
    {
        output.WriteLine($"prefill: {Rate(report.Prefill)}");
        output.WriteLine(
            $"decode:  {Rate(report.Decode)}, {Figures.Bytes(report.WeightBytesPerToken)} of weights per token, "
            + $"{report.DecodeGigabytesPerSecond:F2} GB/s");
        string tokens = Figures.Count(report.Generated, "token");
        output.WriteLine($"text:    {tokens}, then {report.EndedBecause}; loaded in {report.LoadSeconds:F2} s");
        WriteLayers(report.Layers, report.Fallbacks, output);
    }

    public static void WriteLayers(
        IReadOnlyList<LayerKernels> layers, IReadOnlyList<Fallback> fallbacks, TextWriter output)
    {
        foreach (LayerKernels format in layers)
        {
            output.WriteLine(
                $"{Figures.Count(format.Count, "layer")} {format.Format}, {Figures.Bytes(format.Bytes)}: {format.Why}");
            if (format.PrefillKernel != format.DecodeKernel)
            {
                output.WriteLine($"  prompt: {format.PrefillKernel}");
            }
        }

        foreach (IGrouping<(string Format, string Reason), Fallback> reason in fallbacks
            .GroupBy(layer => (layer.Format, layer.Reason)))
        {
            string tensors = string.Join(", ", reason.Select(layer => layer.Tensor));
            output.WriteLine($"fell back to {reason.Key.Format}, {reason.Key.Reason}: {tensors}");
        }
    }

    private static string Rate(TokenRate rate) =>
        $"{Figures.Count(rate.Tokens, "token")} in {rate.Seconds * 1e3:F1} ms, {rate.TokensPerSecond:F1} tokens/s";
}
