// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp.Tool.Doctor;

/// <summary>
/// One multiplication that has to give the reference's bits. The numbers are the same on every machine.
/// </summary>
internal sealed record SelfTestCase(int Rows, int OutFeatures, int InFeatures, int Group, bool Bias, Clamp Clamp)
{
    /// <summary>Whether weights of a format can have this shape.</summary>
    public bool Fits(WeightKind kind) => KernelTable.FormatOf(kind, Group).Fits(InFeatures);

    /// <summary>The case with as many rows and columns as a kernel takes.</summary>
    public SelfTestCase For(KernelInfo kernel) => this with
    {
        Rows = (int)Math.Clamp(Rows, kernel.MinRows, kernel.MaxRows),
        OutFeatures = (int)Math.Max(OutFeatures, kernel.MinColumns),
    };

    /// <summary>Packs the case's weights, as a user would: from floats.</summary>
    /// <param name="kind">The format.</param>
    /// <param name="compute">Where to work.</param>
    public PackedWeights Pack(WeightKind kind, ComputeContext compute) => PackedWeights.Quantize(
        Weights(), OutFeatures, InFeatures, KernelTable.FormatOf(kind, Group), BiasValues(), compute);

    /// <summary>Multiplies, and compares with the reference.</summary>
    /// <exception cref="ParityException">A bit differs.</exception>
    public void Check(PackedWeights packed)
    {
        float[] x = Activations();
        var actual = new float[Rows * OutFeatures];
        packed.MatMul(x, actual, Rows, Clamp);
        Parity.AssertSameBits(Reference(packed.Format, x), actual);
    }

    /// <summary>The shape, as messages name it.</summary>
    public override string ToString() =>
        $"m = {Rows}, n = {OutFeatures}, k = {InFeatures}, group = {Group}, bias = {Bias}, clamp = {Clamp}";

    private float[] Reference(WeightFormat format, float[] x)
    {
        var expected = new float[Rows * OutFeatures];
        QuantizedWeights quantized = ReferenceKernels.Quantize(Weights(), OutFeatures, InFeatures, format);
        ReferenceKernels.MatMul(quantized, BiasValues(), x, expected, Rows, Clamp);
        return expected;
    }

    private float[] Weights() => Numbers(1, OutFeatures * InFeatures);

    private float[] BiasValues() => Bias ? Numbers(2, OutFeatures) : [];

    // Beyond a single row, the last row holds an infinity: it must spoil no other.
    private float[] Activations()
    {
        float[] x = Numbers(3, Rows * InFeatures);
        if (Rows > 1)
        {
            x[^1] = float.PositiveInfinity;
        }

        return x;
    }

    private static float[] Numbers(int seed, int count)
    {
        var random = new Random(seed);
        var numbers = new float[count];
        for (int i = 0; i < count; i++)
        {
            numbers[i] = (2 * random.NextSingle()) - 1;
        }

        return numbers;
    }
}
