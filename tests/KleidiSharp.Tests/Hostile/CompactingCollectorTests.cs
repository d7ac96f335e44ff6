// SPDX-License-Identifier: Apache-2.0
using System.Diagnostics;
using System.Runtime.InteropServices;

namespace KleidiSharp.Tests.Hostile;

/// <summary>
/// The garbage collector compacts the heap again and again while multiplications run: no span may be left pointing to
/// where its array was.
/// </summary>
[Collection(SerialTests.Name)]
public sealed unsafe class CompactingCollectorTests
{
    // Calls long enough for collections to begin meanwhile; arrays small enough to be moved.
    private const int M = 16, N = 1024, K = 1024, PackedN = 96, PackedK = 64, Rounds = 100;

    public static TheoryData<ComputeBackend, int, int> Cases
    {
        get
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
    }

    [SkippableTheory]
    [MemberData(nameof(Cases))]
    public void A_multiplication_reads_and_writes_the_right_places(ComputeBackend backend, int threads, int group)
    {
        using ComputeContext compute = Require.Context(backend, threads);
        var drawn = new Drawn(1);
        float[] activations = drawn.Values(M * K);
        var expected = new float[M * N];
        using PackedWeights weights = PackedWeights.Quantize(drawn.Values(N * K), N, K, Format(group), compute: compute);
        weights.MatMul(activations, expected, M);
        float* native = (float*)NativeMemory.Alloc(M * (K + N), sizeof(float));
        activations.CopyTo(new Span<float>(native, M * K));
        try
        {
            WhileCompacting(() =>
            {
                float[] x = Moving(activations);
                float[] y = Moving(new float[M * N]);
                weights.MatMul(x, y, M);
                Parity.AssertSameBits(expected, y);
                OnTheStack(weights, activations, expected);
                var result = new Span<float>(native + (M * K), M * N);
                result.Clear();
                weights.MatMul(new ReadOnlySpan<float>(native, M * K), result, M);
                Parity.AssertSameBits(expected, result);
            });
        }
        finally
        {
            NativeMemory.Free(native);
        }
    }

    [SkippableTheory]
    [MemberData(nameof(Cases))]
    public void Packing_and_unpacking_read_and_write_the_right_places(ComputeBackend backend, int threads, int group)
    {
        using ComputeContext compute = Require.Context(backend, threads);
        var drawn = new Drawn(2);
        float[] values = drawn.Values(PackedN * PackedK);
        float[] bias = drawn.Values(PackedN);
        using PackedWeights still = PackedWeights.Quantize(values, PackedN, PackedK, Format(group), bias, compute);
        float[] expected = still.UnpackValues();
        WhileCompacting(() =>
        {
            using PackedWeights moved = PackedWeights.Quantize(
                Moving(values), PackedN, PackedK, Format(group), Moving(bias), compute);
            Parity.AssertSameBits(expected, moved.UnpackValues());
            Parity.AssertSameBits(bias, moved.UnpackBias());
        });
    }

    private static WeightFormat Format(int group) => group == 0 ? WeightFormat.Float32 : WeightFormat.Int4Group(group);

    private static void WhileCompacting(Action action)
    {
        bool stop = false;
        int collections = GC.CollectionCount(2);
        var collector = new Thread(() =>
        {
            while (!Volatile.Read(ref stop))
            {
                long start = Stopwatch.GetTimestamp();
                GC.Collect(2, GCCollectionMode.Forced, blocking: true, compacting: true);

                // Half of the time is the other threads': a collector without pauses would leave them next to none.
                Thread.Sleep(Stopwatch.GetElapsedTime(start) + TimeSpan.FromMilliseconds(1));
            }
        });
        collector.Start();
        try
        {
            for (int round = 0; round < Rounds || GC.CollectionCount(2) - collections < Rounds; round++)
            {
                action();
            }
        }
        finally
        {
            Volatile.Write(ref stop, true);
            collector.Join();
        }
    }

    private static void OnTheStack(PackedWeights weights, float[] activations, float[] expected)
    {
        Span<float> x = stackalloc float[M * K];
        Span<float> y = stackalloc float[M * N];
        activations.CopyTo(x);
        weights.MatMul(x, y, M);
        Parity.AssertSameBits(expected, y);
    }

    // Garbage before an array gives the collector a reason to move it.
    private static float[] Moving(float[] values)
    {
        for (int i = 0; i < 4; i++)
        {
            GC.KeepAlive(new byte[1000]);
        }

        return [.. values];
    }
}
