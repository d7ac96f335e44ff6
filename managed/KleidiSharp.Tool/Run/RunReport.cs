// SPDX-License-Identifier: Apache-2.0
using KleidiSharp.Models;

namespace KleidiSharp.Tool.Run;

/// <summary>What <c>kleidi run --json</c> writes.</summary>
/// <param name="Machine">Where it ran.</param>
/// <param name="Text">The text that was generated, without the prompt.</param>
/// <param name="EndedBecause">Why it ends.</param>
/// <param name="LoadSeconds">Reading, quantising and packing the weights.</param>
/// <param name="Prefill">Reading the prompt, in batches.</param>
/// <param name="Generated">Tokens of the text.</param>
/// <param name="Decode">Passing tokens through the model one by one; the first token needs no pass of its own.</param>
/// <param name="WeightBytesPerToken">Bytes of packed weights that each decoded token reads.</param>
/// <param name="DecodeGigabytesPerSecond">The rate of reading those.</param>
/// <param name="Layers">The linear layers by format, with the kernels that multiplied them.</param>
/// <param name="Fallbacks">Layers that are not in the format asked for, and why.</param>
internal sealed record RunReport(
    MachineReport Machine,
    string Text,
    string EndedBecause,
    double LoadSeconds,
    TokenRate Prefill,
    int Generated,
    TokenRate Decode,
    long WeightBytesPerToken,
    double DecodeGigabytesPerSecond,
    IReadOnlyList<LayerKernels> Layers,
    IReadOnlyList<Fallback> Fallbacks)
{
    public static RunReport Of(LlamaModel model, ComputeContext compute, TextGeneration generation, double loadSeconds)
    {
        TokenRate decode = TokenRate.Of(generation.DecodedTokens, generation.DecodeSeconds);
        return new RunReport(
            MachineReport.Here(compute),
            generation.Text,
            generation.End,
            loadSeconds,
            TokenRate.Of(generation.PromptTokens, generation.PromptSeconds),
            generation.Tokens,
            decode,
            model.Report.BytesPerToken,
            decode.TokensPerSecond * model.Report.BytesPerToken / 1e9,
            LayerKernels.Of(model.Report, generation.PromptTokens),
            Fallback.Of(model.Report));
    }
}

/// <summary>Tokens over time.</summary>
/// <param name="Tokens">How many.</param>
/// <param name="Seconds">In what time.</param>
/// <param name="TokensPerSecond">The rate; 0 where no time was measured.</param>
internal sealed record TokenRate(int Tokens, double Seconds, double TokensPerSecond)
{
    public static TokenRate Of(int tokens, double seconds) => new(tokens, seconds, seconds > 0 ? tokens / seconds : 0);
}

/// <summary>Linear layers of one format.</summary>
/// <param name="Format">For instance "int4/32".</param>
/// <param name="Count">How many.</param>
/// <param name="Bytes">Their packed bytes.</param>
/// <param name="DecodeKernel">What multiplies one row.</param>
/// <param name="PrefillKernel">What multiplies the prompt's rows.</param>
/// <param name="Why">The kernel for one row in words, with those preferred to it that do not serve.</param>
internal sealed record LayerKernels(
    string Format, int Count, long Bytes, string DecodeKernel, string PrefillKernel, string Why)
{
    public static IReadOnlyList<LayerKernels> Of(LoadReport report, int promptTokens) =>
    [
        .. report.Layers.GroupBy(layer => layer.Format).Select(format => new LayerKernels(
            format.Key.ToString(),
            format.Count(),
            format.Sum(layer => layer.ByteSize),
            format.First().KernelFor(1).Kernel.Name,
            format.First().KernelFor(promptTokens).Kernel.Name,
            format.First().KernelFor(1).ToString())),
    ];
}

/// <summary>A layer that is not in the format asked for.</summary>
/// <param name="Tensor">Its name in the file.</param>
/// <param name="Format">What it is in.</param>
/// <param name="Reason">Why.</param>
internal sealed record Fallback(string Tensor, string Format, string Reason)
{
    public static IReadOnlyList<Fallback> Of(LoadReport report) =>
        [.. report.Fallbacks
            .Select(layer => new Fallback(layer.Tensor.Name, layer.Format.ToString(), layer.FallbackReason!))];
}
