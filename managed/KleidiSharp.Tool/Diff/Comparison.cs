// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp.Tool.Diff;

/// <summary>Two implementations, side by side; used by one thread.</summary>
/// <param name="left">The one that is taken to be right: its first kernel that takes a case.</param>
/// <param name="right">The one that is judged, kernel by kernel.</param>
internal sealed class Comparison(Implementation left, Implementation right) : IDisposable
{
    public const string QuantizerName = "quantize";

    /// <summary>What is compared: the kernels on the right, and quantising where a format has codes.</summary>
    public IReadOnlyList<ComparedKernel> Kernels =>
    [
        .. right.Kernels.Select(kernel => kernel.Kind).Distinct()
            .Where(kind => kind != WeightKind.Float32).Select(Quantizing),
        .. right.Kernels,
    ];

    /// <summary>Opens the two.</summary>
    /// <param name="left">What <c>--left</c> says.</param>
    /// <param name="right">What <c>--right</c> says.</param>
    /// <param name="device">The command of the device that the right one is on; null for this process.</param>
    public static Comparison Open(string left, string right, string? device)
    {
        Implementation opened = ImplementationNames.Open(left, null);
        try
        {
            return new Comparison(opened, ImplementationNames.Open(right, device));
        }
        catch
        {
            opened.Dispose();
            throw;
        }
    }

    /// <summary>Runs a case on both.</summary>
    /// <returns>
    /// One result for each kernel on the right that takes the case; none where no kernel on the left does.
    /// </returns>
    public IReadOnlyList<Result> Run(DrawnCase drawn)
    {
        var results = new List<Result>();
        QuantizedWeights? weights = null;
        if (drawn.HasCodes)
        {
            weights = left.Quantize(drawn);
            results.Add(new Result(Quantizing(drawn.Format.Kind), [], OfWeights(weights, right.Quantize(drawn))));
        }

        if (left.Multiply(drawn, weights).FirstOrDefault() is not { } expected)
        {
            return [];
        }

        foreach (Product product in right.Multiply(drawn, weights))
        {
            results.Add(new Result(product.Kernel, product.Y, Difference.Of("y", expected.Y, product.Y, drawn.N)));
        }

        return results;
    }

    public void Dispose()
    {
        left.Dispose();
        right.Dispose();
    }

    private static Difference? OfWeights(QuantizedWeights expected, QuantizedWeights actual) =>
        Difference.Of("scale", expected.Scales, actual.Scales, Math.Max(1, expected.Scales.Length / expected.OutFeatures))
        ?? Difference.Of("zero", expected.Zeros, actual.Zeros, Math.Max(1, expected.Zeros.Length / expected.OutFeatures))
        ?? Difference.Of("byte", Bytes(expected), Bytes(actual), expected.Codes.Length / expected.OutFeatures);

    private static float[] Bytes(QuantizedWeights weights) => Array.ConvertAll(weights.Codes.ToArray(), value => (float)value);

    private ComparedKernel Quantizing(WeightKind kind) => new(QuantizerName, right.Name, kind);

    /// <summary>What came of one kernel.</summary>
    /// <param name="Kernel">The kernel.</param>
    /// <param name="Y">Its results; empty where it only quantised.</param>
    /// <param name="Difference">Where they differ from the left; null for nowhere.</param>
    internal sealed record Result(ComparedKernel Kernel, float[] Y, Difference? Difference);
}
