// SPDX-License-Identifier: Apache-2.0
using KleidiSharp.Tool.Diff;

namespace KleidiSharp.Tool.Tests;

/// <summary>The reference, but for one bit of one element of the cases that are to be wrong.</summary>
internal sealed class PlantedImplementation(Func<DrawnCase, bool> isWrong, int row, int column) : Implementation
{
    private readonly ReferenceImplementation right = new();

    public override string Name => "planted";

    public override IReadOnlyList<ComparedKernel> Kernels { get; } =
        [.. Enum.GetValues<WeightKind>().Select(kind => new ComparedKernel("planted", "avx2", kind))];

    public override QuantizedWeights Quantize(DrawnCase drawn) => right.Quantize(drawn);

    public override IEnumerable<Product> Multiply(DrawnCase drawn, QuantizedWeights? weights)
    {
        float[] y = right.Multiply(drawn, weights).Single().Y;
        if (isWrong(drawn))
        {
            ref float value = ref y[(row * drawn.N) + column];
            value = BitConverter.UInt32BitsToSingle(BitConverter.SingleToUInt32Bits(value) ^ 1);
        }

        return [new Product(Kernels.Single(kernel => kernel.Kind == drawn.Format.Kind), y)];
    }

    public override void Dispose() => right.Dispose();
}
