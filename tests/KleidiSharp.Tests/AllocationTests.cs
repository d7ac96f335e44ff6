// SPDX-License-Identifier: Apache-2.0
using System.Numerics.Tensors;

namespace KleidiSharp.Tests;

[Collection(SerialTests.Name)]
public sealed class AllocationTests
{
    private const int M = 9, N = 257, K = 512, Calls = 20;

    public static TheoryData<ComputeBackend, int, int> Cases()
    {
        var cases = new TheoryData<ComputeBackend, int, int>();
        foreach (ComputeBackend backend in new[] { ComputeBackend.Managed, ComputeBackend.Native })
        {
            foreach (int threads in new[] { 1, 3 })
            {
                cases.Add(backend, threads, 0);
                cases.Add(backend, threads, 32);
            }
        }

        return cases;
    }

    [SkippableTheory]
    [MemberData(nameof(Cases))]
    public void A_multiplication_allocates_nothing(ComputeBackend backend, int threads, int group)
    {
        using ComputeContext compute = Require.Context(backend, threads);
        using ComputeContext other = Require.Context(backend);
        WeightFormat format = group == 0 ? WeightFormat.Float32 : WeightFormat.Int4Group(group);
        using PackedWeights weights = PackedWeights.Quantize(new Drawn(1).Values(N * K), N, K, format, compute: compute);
        float[] x = new Drawn(2).Values(M * K);
        var y = new float[M * N];
        Multiply();
        Multiply();

        // The runtime itself allocates a little now and then, so that the least of many rounds counts.
        long onThread = long.MaxValue;
        long inProcess = long.MaxValue;
        for (int round = 0; round < 100 && inProcess > 0; round++)
        {
            long processBefore = GC.GetTotalAllocatedBytes(precise: true);
            long threadBefore = GC.GetAllocatedBytesForCurrentThread();
            for (int call = 0; call < Calls; call++)
            {
                Multiply();
            }

            onThread = Math.Min(onThread, GC.GetAllocatedBytesForCurrentThread() - threadBefore);
            inProcess = Math.Min(inProcess, GC.GetTotalAllocatedBytes(precise: true) - processBefore);
        }

        Assert.Equal(0, onThread);
        Assert.Equal(0, inProcess);

        void Multiply()
        {
            weights.MatMul(x, y, M, Clamp.Relu);
            weights.MatMul(x, y, 1);
            weights.MatMul(x, y, 1, compute: other);
            weights.MatMul(new ReadOnlyTensorSpan<float>(x, [2, K]), new TensorSpan<float>(y, [2, N]));
        }
    }
}
