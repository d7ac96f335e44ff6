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
        if (weights is null)
        {
            return [new Product(kernel, MultiplyF32(drawn))];
        }

        var y = new float[drawn.M * drawn.N];
        ReferenceKernels.MatMul(weights, drawn.Bias, drawn.DenseX(), y, drawn.M, drawn.Clamp);
        return [new Product(kernel, y)];
    }

    public override void Dispose()
    {
    }
}
