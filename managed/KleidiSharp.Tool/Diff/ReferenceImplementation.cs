// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp.Tool.Diff;

/// <summary>The specification.</summary>
internal sealed class ReferenceImplementation : Implementation
{
    public override string Name => ImplementationNames.Reference;

    public override IReadOnlyList<ComparedKernel> Kernels { get; } =
    [
        .. Enum.GetValues<WeightKind>().Select(
            kind => new ComparedKernel(ImplementationNames.Reference, ImplementationNames.Reference, kind)),
    ];

    /// <summary>The product in f32, without quantisation.</summary>
    public static float[] MultiplyF32(DrawnCase drawn)
    {
        var y = new float[drawn.M * drawn.N];
        ReferenceKernels.MatMul(drawn.Weights, drawn.N, drawn.K, drawn.Bias, drawn.DenseX(), y, drawn.M, drawn.Clamp);
        return y;
    }

    public override QuantizedWeights Quantize(DrawnCase drawn) =>
        ReferenceKernels.Quantize(drawn.Weights, drawn.N, drawn.K, drawn.Format);

    public override IEnumerable<Product> Multiply(DrawnCase drawn, QuantizedWeights? weights)
    {
        ComparedKernel kernel = Kernels.First(kernel => kernel.Kind == drawn.Format.Kind);
        weights ??= Quantize(drawn);
        var y = new byte[drawn.M * drawn.N * drawn.YFormat.ElementSize];
        ReferenceKernels.MatMul(
            weights, drawn.Bias, drawn.TypedDenseX(), drawn.XFormat, y, drawn.YFormat, drawn.M, drawn.Clamp);
        return [new Product(kernel, ActivationBytes.Values(y, drawn.YFormat))];
    }

    public override void Dispose()
    {
    }
}
