// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp.KernelTests;

/// <summary>Drawn cases as packers take them.</summary>
internal static class PackSources
{
    /// <summary>The weights of a case: the codes where they were quantised.</summary>
    public static PackSource Of(DrawnCase drawn, QuantizedWeights? quantized) => new()
    {
        Values = quantized is null ? drawn.Weights : [],
        Codes = quantized is null ? [] : quantized.Codes,
        Scales = quantized is null ? [] : quantized.ExactBFloat16Scales(),
        Bias = drawn.Bias,
    };
}
