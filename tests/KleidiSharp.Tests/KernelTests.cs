// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp.Tests;

/// <summary>The backends against the reference, through the public API, for every tail of rows, columns and k.</summary>
public sealed class KernelTests
{
    public static TheoryData<ComputeBackend, int, int> Cases()
    {
        var cases = new TheoryData<ComputeBackend, int, int>();
        foreach (ComputeBackend backend in new[] { ComputeBackend.Managed, ComputeBackend.Native })
        {
            foreach (int group in new[] { 0, 32, 96 })
            {
                cases.Add(backend, group, 1);
                cases.Add(backend, group, 3);
            }
        }

        return cases;
    }

    [SkippableTheory]
    [MemberData(nameof(Cases))]
    public void Results_have_the_bits_of_the_reference(ComputeBackend backend, int group, int threads)
    {
        using ComputeContext compute = Require.Context(backend, threads);
        WeightFormat format = group == 0 ? WeightFormat.Float32 : WeightFormat.Int4Group(group);
        int seed = 0;
        foreach (int n in new[] { 1, 16, 31, 70 })
        {
            foreach (int k in group == 0 ? [1, 33, 172] : new[] { group, 5 * group })
            {
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
    [InlineData(ComputeBackend.Managed, 0)]
    [InlineData(ComputeBackend.Managed, 32)]
    [InlineData(ComputeBackend.Native, 0)]
    [InlineData(ComputeBackend.Native, 32)]
    public void Work_large_enough_to_be_shared_is_shared_without_a_trace(ComputeBackend backend, int group)
    {
        using ComputeContext compute = Require.Context(backend, threads: 4);
        WeightFormat format = group == 0 ? WeightFormat.Float32 : WeightFormat.Int4Group(group);
        Compare(compute, format, new Drawn(7), 5, 301, 512, Clamp.None, withBias: true);
        Compare(compute, format, new Drawn(8), 1, 700, 512, Clamp.None, withBias: true);
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
            for (int i = 0; m > 4 && i < k; i++)
            {
                // A step of 1 and nothing but halves: each code is a matter of rounding.
                x[(4 * k) + i] = i < 2 ? (i * 255) - 127.5f : (i % 20) - 9.5f;
            }
        }

        var y = new float[m * n];
        var expected = new float[m * n];
        using PackedWeights weights = PackedWeights.Quantize(w, n, k, format, bias, compute);
        weights.MatMul(x, y, m, clamp);
        if (format.Kind == WeightKind.Float32)
        {
            ReferenceKernels.MatMul(w, n, k, bias, x, expected, m, clamp);
        }
        else
        {
            ReferenceKernels.MatMul(weights.Unpack(), bias, x, expected, m, clamp);
        }

        Parity.AssertSameBits(expected, y);
    }
}
