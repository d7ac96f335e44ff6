// SPDX-License-Identifier: Apache-2.0
using KleidiSharp.Tool.Run;

namespace KleidiSharp.Tool.BenchModel;

/// <summary>The model with its weights in one format.</summary>
/// <param name="Format">For instance "int4/32".</param>
/// <param name="LoadSeconds">Reading, quantising and packing the weights, once.</param>
/// <param name="LoadGigabytesPerSecond">Bytes of the file over that.</param>
/// <param name="WeightBytes">Packed weights, all of which each token reads.</param>
/// <param name="Prefill">The prompt, at once.</param>
/// <param name="Decode">Tokens one by one.</param>
/// <param name="DecodeGigabytesPerSecond">The rate of reading the weights when decoding.</param>
/// <param name="Layers">The linear layers by format, with the kernels that multiplied them.</param>
/// <param name="Fallbacks">Layers that are not in the format asked for, and why.</param>
internal sealed record FormatSpeed(
    string Format,
    double LoadSeconds,
    double LoadGigabytesPerSecond,
    long WeightBytes,
    RateReport Prefill,
    RateReport Decode,
    double DecodeGigabytesPerSecond,
    IReadOnlyList<LayerKernels> Layers,
    IReadOnlyList<Fallback> Fallbacks);
