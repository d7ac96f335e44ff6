// The operator, every format of weights: quantised, packed, saved, mapped, multiplied, and compared bit by bit with the
// specification in C#.
using KleidiSharp;
using KleidiSharp.Interop;

const int OutFeatures = 40, InFeatures = 256, Rows = 5;

WeightFormat[] formats =
[
    WeightFormat.Int4Group(32), WeightFormat.Int4Group(128), WeightFormat.Int4Channel, WeightFormat.Int8Channel,
    WeightFormat.Int2Channel, WeightFormat.Q4_0, WeightFormat.Int4Asymmetric(64), WeightFormat.Float32,
    WeightFormat.Float16, WeightFormat.BFloat16,
];

float[] w = Numbers(1, OutFeatures * InFeatures), bias = Numbers(2, OutFeatures), x = Numbers(3, Rows * InFeatures);
string file = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid():N}.kpw");
foreach (WeightFormat format in formats)
{
    float[] expected = new float[Rows * OutFeatures], actual = new float[Rows * OutFeatures];
    ReferenceKernels.MatMul(ReferenceKernels.Quantize(w, OutFeatures, InFeatures, format), bias, x, expected, Rows);
    using (PackedWeights packed = PackedWeights.Quantize(w, OutFeatures, InFeatures, format, bias))
    {
        packed.MatMul(x, actual, Rows);
        Parity.AssertSameBits(expected, actual);
        packed.Save(file);
    }

    using (PackedWeights mapped = PackedWeights.Map(file))
    {
        Array.Clear(actual);
        mapped.MatMul(x.AsSpan(0, InFeatures), actual, 1);
        Parity.AssertSameBits(expected.AsSpan(0, OutFeatures), actual.AsSpan(0, OutFeatures));
    }

    File.Delete(file);
}

using PackedWeights layer = PackedWeights.Quantize(w, OutFeatures, InFeatures, WeightFormat.Int4Group(32));
Console.WriteLine($"runtime: {Environment.Version}");
Console.WriteLine($"backend: {ComputeContext.Default.Backend}");
Console.WriteLine($"library: {NativeLoader.LoadedPath ?? "none"}");
Console.WriteLine($"kernel: {layer.KernelFor(1).Kernel.Name}");
Console.WriteLine($"formats: {formats.Length}");
if (!NativeLoader.TryLoad(out string? failure))
{
    Console.WriteLine($"failure: {failure.ReplaceLineEndings(" | ")}");
}

static float[] Numbers(int seed, int count)
{
    var random = new Random(seed);
    float[] numbers = new float[count];
    for (int i = 0; i < count; i++)
    {
        numbers[i] = random.NextSingle() * 2 - 1;
    }

    return numbers;
}
