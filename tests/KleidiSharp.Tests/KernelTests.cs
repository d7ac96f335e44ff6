// SPDX-License-Identifier: Apache-2.0
using System.Runtime.InteropServices;

namespace KleidiSharp.Tests;

/// <summary>The backends against the reference, through the public API, for every tail of rows, columns and k.</summary>
public sealed class KernelTests
{
    private static readonly ComputeBackend[] s_backends = [ComputeBackend.Managed, ComputeBackend.Native];

    public static TheoryData<ComputeBackend, WeightKind, int> Cases()
    {
        var cases = new TheoryData<ComputeBackend, WeightKind, int>();
        foreach (ComputeBackend backend in s_backends)
        {
            foreach (WeightKind kind in Enum.GetValues<WeightKind>())
            {
                cases.Add(backend, kind, 1);
                cases.Add(backend, kind, 3);
            }
        }

        return cases;
    }

    public static TheoryData<ComputeBackend, WeightKind> Kinds()
    {
        var cases = new TheoryData<ComputeBackend, WeightKind>();
        foreach (ComputeBackend backend in s_backends)
        {
            foreach (WeightKind kind in Enum.GetValues<WeightKind>())
            {
                cases.Add(backend, kind);
            }
        }

        return cases;
    }

    [SkippableTheory]
    [MemberData(nameof(Cases))]
    public void Results_have_the_bits_of_the_reference(ComputeBackend backend, WeightKind kind, int threads)
    {
        using ComputeContext compute = Require.Context(backend, threads);
        int seed = 0;
        foreach (int n in new[] { 1, 16, 31, 70 })
        {
            foreach ((int group, int k) in new[] { (32, 32), (96, 480), (32, 1), (32, 33), (32, 172) })
            {
                WeightFormat format = Formats.Of(kind, group);
                if (!format.Fits(k))
                {
                    continue;
                }

                foreach (int m in new[] { 1, 2, 4, 7, 67 })
                {
                    var drawn = new Drawn(++seed);
                    Clamp clamp = (seed % 3) switch { 0 => Clamp.None, 1 => Clamp.Relu, _ => new Clamp(-1, -0f) };
                    Compare(compute, format, drawn, m, n, k, clamp, withBias: seed % 2 == 0);
                }
            }
        }
    }

    [SkippableTheory]
    [MemberData(nameof(Kinds))]
    public void Work_large_enough_to_be_shared_is_shared_without_a_trace(ComputeBackend backend, WeightKind kind)
    {
        using ComputeContext compute = Require.Context(backend, threads: 4);
        WeightFormat format = Formats.Of(kind, 32);
        Compare(compute, format, new Drawn(7), 5, 301, 512, Clamp.None, withBias: true);
        Compare(compute, format, new Drawn(8), 1, 700, 512, Clamp.None, withBias: true);
    }

    [SkippableTheory]
    [MemberData(nameof(Kinds))]
    public void Activations_and_results_may_be_of_any_type(ComputeBackend backend, WeightKind kind)
    {
        const int M = 5, N = 37, K = 64;
        using ComputeContext compute = Require.Context(backend, threads: 2);
        var drawn = new Drawn(9);
        var xQuantization = new QuantParameters(0.013f, -7);
        var yQuantization = new QuantParameters(0.11f, 5);
        bool codes = Formats.Of(kind, 32).Traits.Activations == ActivationRule.PerRow;
        ActivationFormat[] xFormats =
        [
            ActivationFormat.Float32, ActivationFormat.Float16, ActivationFormat.BFloat16,
            .. codes
                ? new[]
                {
                    ActivationFormat.Int8(xQuantization), ActivationFormat.Float32.Calibrated(xQuantization),
                    ActivationFormat.BFloat16.Calibrated(xQuantization),
                }
                : [],
        ];
        ActivationFormat[] yFormats =
            [ActivationFormat.Float32, ActivationFormat.Float16, ActivationFormat.BFloat16, ActivationFormat.Int8(yQuantization)];
        using PackedWeights packed = PackedWeights.Quantize(
            drawn.Values(N * K), N, K, Formats.Of(kind, 32), drawn.Values(N), compute);
        QuantizedWeights weights = packed.Unpack();
        float[] values = drawn.Values(M * K);
        values[3] = 70000;
        values[K] = float.NaN;
        values[(2 * K) + 1] = 1e38f;
        foreach (ActivationFormat xFormat in xFormats)
        {
            var x = new byte[M * K * xFormat.ElementSize];
            ActivationRows.Write(values, xFormat, x);
            foreach (ActivationFormat yFormat in yFormats)
            {
                var expected = new byte[M * N * yFormat.ElementSize];
                var actual = new byte[M * N * yFormat.ElementSize];
                ReferenceKernels.MatMul(weights, packed.UnpackBias(), x, xFormat, expected, yFormat, M, Clamp.Relu);
                packed.MatMul(x, xFormat, actual, yFormat, M, Clamp.Relu);
                Assert.True(expected.AsSpan().SequenceEqual(actual), $"{xFormat} to {yFormat}");
            }
        }
    }

    [SkippableTheory]
    [InlineData(ComputeBackend.Managed)]
    [InlineData(ComputeBackend.Native)]
    public void Typed_spans_are_the_same_multiplications(ComputeBackend backend)
    {
        const int N = 19, K = 40;
        using ComputeContext compute = Require.Context(backend);
        var drawn = new Drawn(11);
        using PackedWeights packed = PackedWeights.Quantize(drawn.Values(N * K), N, K, WeightFormat.Int8Channel, [], compute);
        Half[] halves = [.. drawn.Values(K).Select(value => (Half)value)];
        var fromHalves = new Half[N];
        var expected = new Half[N];
        packed.MatMul(halves, fromHalves, 1);
        packed.MatMul(
            MemoryMarshal.AsBytes<Half>(halves), ActivationFormat.Float16, MemoryMarshal.AsBytes(expected.AsSpan()), ActivationFormat.Float16, 1);
        Assert.Equal(expected, fromHalves);

        var xQuantization = new QuantParameters(0.02f, 3);
        var yQuantization = new QuantParameters(0.5f, -100);
        sbyte[] codes = [.. drawn.Codes(K).Select(code => (sbyte)code)];
        var floats = new float[N];
        var results = new sbyte[N];
        packed.MatMul(codes, xQuantization, floats, 1);
        packed.MatMul(codes, xQuantization, results, yQuantization, 1, Clamp.Relu);

        // In whole numbers: the sum of products less the zero point, by both scales.
        QuantizedWeights weights = packed.Unpack();
        for (int n = 0; n < N; n++)
        {
            int sum = 0;
            for (int k = 0; k < K; k++)
            {
                sum += (codes[k] - 3) * (sbyte)weights.Codes[(n * K) + k];
            }

            float y = sum * (0.02f * weights.Scales[n]);
            Assert.Equal(y, floats[n]);
            Assert.Equal(Math.Clamp((int)MathF.Round(MathF.Max(y, 0) * 2) - 100, -128, 127), results[n]);
        }
    }

    [SkippableTheory]
    [InlineData(ComputeBackend.Managed)]
    [InlineData(ComputeBackend.Native)]
    public void Types_that_do_not_go_with_the_weights_are_refused(ComputeBackend backend)
    {
        using ComputeContext compute = Require.Context(backend);
        var quantization = new QuantParameters(1, 0);
        using PackedWeights q4 = PackedWeights.Quantize(new float[32], 1, 32, WeightFormat.Q4_0, compute: compute);
        AssertRefused("x is int8, which q4_0 weights do not take", () => q4.MatMul(new sbyte[32], quantization, new float[1], 1));
        AssertRefused("x is calibrated, which q4_0 weights do not take", () => q4.MatMul(
            new byte[128], ActivationFormat.Float32.Calibrated(quantization), new byte[4], ActivationFormat.Float32, 1));
        AssertRefused("y is Float32 and has no quantisation parameters", () => q4.MatMul(
            new byte[128], ActivationFormat.Float32, new byte[4], ActivationFormat.Float32.Calibrated(quantization), 1));
        AssertRefused("x holds 31 values; rows 1 × inFeatures 32 needs 32", () => q4.MatMul(
            new byte[127], ActivationFormat.Float32, new byte[4], ActivationFormat.Float32, 1));
        var shared = new byte[256];
        AssertRefused("y overlaps x", () => q4.MatMul(
            shared.AsSpan(0, 128), ActivationFormat.Float32, shared.AsSpan(124), ActivationFormat.Float32, 1));

        static void AssertRefused(string message, Action call) =>
            Assert.Contains(message, Assert.ThrowsAny<ArgumentException>(call).Message, StringComparison.Ordinal);
    }

    private static void Compare(ComputeContext compute, WeightFormat format, Drawn drawn, int m, int n, int k, Clamp clamp, bool withBias)
    {
        float[] w = drawn.Values(n * k);
        float[] bias = withBias ? drawn.Values(n) : [];
        float[] x = drawn.Values(m * k);
        if (m > 3)
        {
            x[k] = float.NaN;
            x[(2 * k) + (k / 2)] = float.NegativeInfinity;
            x.AsSpan(3 * k, k).Clear();
            bool perGroup = format.Traits.Activations == ActivationRule.PerGroup;
            for (int i = 0; m > 4 && i < k; i++)
            {
                // A step of 1, of the row or of each 32 values, and nothing but halves: each code is a matter of rounding.
                x[(4 * k) + i] = perGroup && i % 32 == 0 ? 127 : !perGroup && i < 2 ? (i * 255) - 127.5f : (i % 20) - 9.5f;
            }

            for (int i = 0; m > 6 && i < k; i++)
            {
                // Scales of nothing, and beyond f16.
                x[(5 * k) + i] = i * 1e-42f;
                x[(6 * k) + i] = i * 1e6f;
            }
        }

        var y = new float[m * n];
        var expected = new float[m * n];
        using PackedWeights weights = PackedWeights.Quantize(w, n, k, format, bias, compute);
        weights.MatMul(x, y, m, clamp);
        ReferenceKernels.MatMul(weights.Unpack(), bias, x, expected, m, clamp);
        Parity.AssertSameBits(expected, y);
    }
}
