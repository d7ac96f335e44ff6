// SPDX-License-Identifier: Apache-2.0
using System.Collections.Concurrent;
using System.Globalization;
using Xunit.Abstractions;

namespace KleidiSharp.KernelTests;

/// <summary>
/// Every kernel of a host against the C# reference, bit by bit, over drawn cases. A failure prints how to repeat it.
/// KLEIDISHARP_PARITY_CASES changes the number of cases, KLEIDISHARP_PARITY_SEED the seed; KLEIDISHARP_PARITY_CASE=SEED:INDEX
/// runs one case.
/// </summary>
public abstract class ParityTests(ITestOutputHelper output)
{
    private static readonly ConcurrentDictionary<(WeightKind Kind, int Seed, int Index), byte[]> s_expected = new();

    /// <summary>The number of cases per format: kernels that do not take every number of rows get over 2,000 of them.</summary>
    protected virtual int DefaultCases => 2600;

    /// <summary>Opens the host, or skips the test with the reason why it cannot be.</summary>
    internal abstract KernelHost OpenHost();

    [SkippableTheory]
    [InlineData(WeightKind.Int4Group)]
    [InlineData(WeightKind.Int4Channel)]
    [InlineData(WeightKind.Int8Channel)]
    [InlineData(WeightKind.Int2Channel)]
    [InlineData(WeightKind.Q4_0)]
    [InlineData(WeightKind.Int4Asymmetric)]
    [InlineData(WeightKind.Float32)]
    [InlineData(WeightKind.Float16)]
    [InlineData(WeightKind.BFloat16)]
    public void Kernels_give_the_bits_of_the_reference(WeightKind kind) => Compare(kind);

    private void Compare(WeightKind kind)
    {
        using KernelHost host = OpenHost();
        KernelInfo[] kernels = [.. host.Kernels.Where(kernel => kernel.Kind == kind && kernel.IsSupported && kernel.IsExact)];
        Assert.NotEmpty(kernels);
        var compared = new int[kernels.Length];
        foreach ((int seed, int index) in DrawnIndices())
        {
            var drawn = CaseGenerator.Draw(kind, seed, index);
            QuantizedWeights quantized = Quantize(drawn, host);
            byte[] expected = s_expected.GetOrAdd((kind, seed, index), _ => Reference(drawn, quantized));
            var blobs = new Dictionary<WeightLayout, byte[]>();
            for (int i = 0; i < kernels.Length; i++)
            {
                KernelInfo kernel = kernels[i];
                if (drawn.M < kernel.MinRows || drawn.M > kernel.MaxRows || drawn.N < kernel.MinColumns)
                {
                    continue;
                }

                try
                {
                    if (!blobs.TryGetValue(kernel.Layout, out byte[]? blob))
                    {
                        blobs[kernel.Layout] = blob = Pack(drawn, quantized, kernel, host);
                    }

                    AssertSameBits(drawn, expected, host.MatMul(drawn, blob, kernel));
                }
                catch (Exception problem) when (problem is ParityException or Xunit.Sdk.XunitException or KernelDeviceException)
                {
                    Assert.Fail($"{kernel.Name} on {host.Name}, {drawn}\n{problem.Message}\nrepeat: KLEIDISHARP_PARITY_CASE={seed}:{index} " +
                        $"dotnet test tests/KleidiSharp.Parity.Tests -c Release --filter {GetType().Name}");
                }

                compared[i]++;
            }
        }

        for (int i = 0; i < kernels.Length; i++)
        {
            Report(host, kernels[i], $"{compared[i]} cases, 0 ULP");
            Assert.True(compared[i] > 0, $"{kernels[i].Name} was given no case");
        }

        foreach (KernelInfo kernel in host.Kernels.Where(kernel => kernel.Kind == kind && kernel.IsCompiled))
        {
            if (!kernel.IsSupported)
            {
                Report(host, kernel, "not on this CPU");
            }
            else if (!kernel.IsExact)
            {
                Report(host, kernel, $"not exact: {kernel.Note}");
            }
        }
    }

    // build/parity-table.sh makes docs/parity.md of these lines.
    private void Report(KernelHost host, KernelInfo kernel, string outcome) => output.WriteLine(
        $"{host.Name}: {WeightFormat.NameOf(kernel.Kind)} {TierNames.Format(kernel.Tier)} {kernel.Name}: {outcome}");

    private IEnumerable<(int Seed, int Index)> DrawnIndices()
    {
        if (Environment.GetEnvironmentVariable("KLEIDISHARP_PARITY_CASE") is { Length: > 0 } one)
        {
            string[] parts = one.Split(':');
            return [(Number(parts[0]), Number(parts[1]))];
        }

        int seed = Number(Environment.GetEnvironmentVariable("KLEIDISHARP_PARITY_SEED") ?? "1");
        int cases = Environment.GetEnvironmentVariable("KLEIDISHARP_PARITY_CASES") is { } wanted ? Number(wanted) : DefaultCases;
        return Enumerable.Range(0, cases).Select(index => (seed, index));

        static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);
    }

    private static QuantizedWeights Quantize(DrawnCase drawn, KernelHost host)
    {
        QuantizedWeights expected = ReferenceKernels.Quantize(drawn.Weights, drawn.N, drawn.K, drawn.Format);
        if (drawn.HasCodes)
        {
            QuantizedWeights actual = host.Quantize(drawn);
            Assert.True(expected.Codes.SequenceEqual(actual.Codes), $"{drawn}: codes differ on {host.Name}");
            Parity.AssertSameBits(expected.Scales, actual.Scales);
            Parity.AssertSameBits(expected.Zeros, actual.Zeros);
        }

        return expected;
    }

    private static byte[] Pack(DrawnCase drawn, QuantizedWeights weights, KernelInfo kernel, KernelHost host)
    {
        byte[] packed = host.Pack(drawn, weights, kernel);
        byte[] expected = ReferencePacking(drawn, weights, kernel);
        int different = packed.AsSpan().CommonPrefixLength(expected);
        Assert.True(
            different == expected.Length && packed.Length == expected.Length,
            $"layout {kernel.Layout}: the {packed.Length} bytes packed on {host.Name} differ from the {expected.Length} of the reference at byte {different}");
        return packed;
    }

    private static byte[] ReferencePacking(DrawnCase drawn, QuantizedWeights weights, KernelInfo kernel) =>
        PackSources.Use(weights, drawn.Bias, source =>
        {
            using var managed = new ManagedBackend(threads: 1);
            var shape = new PackedShape(drawn.Format, kernel.Layout, drawn.N, drawn.K, kernel.VectorBytes);
            using BlobMemory blob = managed.Pack(shape, source);
            unsafe
            {
                return new ReadOnlySpan<byte>(blob.Address, (int)blob.Size).ToArray();
            }
        });

    private static byte[] Reference(DrawnCase drawn, QuantizedWeights weights)
    {
        var y = new byte[drawn.M * drawn.N * drawn.YFormat.ElementSize];
        ReferenceKernels.MatMul(
            weights, drawn.Bias, drawn.TypedDenseX(), drawn.XFormat, y, drawn.YFormat, drawn.M, drawn.Clamp);
        return y;
    }

    private static void AssertSameBits(DrawnCase drawn, byte[] expected, byte[] actual)
    {
        if (!expected.AsSpan().SequenceEqual(actual))
        {
            Parity.AssertSameBits(
                ActivationBytes.Values(expected, drawn.YFormat), ActivationBytes.Values(actual, drawn.YFormat));
            throw new ParityException("the bits of a NaN differ");
        }
    }
}
