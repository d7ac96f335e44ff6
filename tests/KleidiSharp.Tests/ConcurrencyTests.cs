// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp.Tests;

public sealed class ConcurrencyTests
{
    private const int N = 130, K = 256;
    private static readonly WeightFormat s_int4 = WeightFormat.Int4Group(32);

    public static TheoryData<ComputeBackend> Backends => [ComputeBackend.Managed, ComputeBackend.Native];

    [SkippableTheory]
    [MemberData(nameof(Backends))]
    public void Many_threads_share_weights_and_a_context(ComputeBackend backend)
    {
        using ComputeContext compute = Require.Context(backend, threads: 3);
        using PackedWeights weights = Pack(compute);
        Parallel.For(0, 8, new ParallelOptions { MaxDegreeOfParallelism = 8 }, thread =>
        {
            for (int round = 0; round < 15; round++)
            {
                int m = 1 + ((thread + round) % 5);
                float[] x = new Drawn(thread + (100 * round)).Values(m * K);
                var y = new float[m * N];
                weights.MatMul(x, y, m);
                var alone = new float[N];
                for (int row = 0; row < m; row++)
                {
                    weights.MatMul(x.AsSpan(row * K, K), alone, 1);
                    Parity.AssertSameBits(alone, y.AsSpan(row * N, N));
                }
            }
        });
    }

    [SkippableTheory]
    [MemberData(nameof(Backends))]
    public void Weights_may_be_disposed_of_while_they_are_used(ComputeBackend backend)
    {
        using ComputeContext compute = Require.Context(backend, threads: 2);
        float[] x = new Drawn(1).Values(K);
        var expected = new float[N];
        using (PackedWeights weights = Pack(compute))
        {
            weights.MatMul(x, expected, 1);
        }

        for (int round = 0; round < 8; round++)
        {
            PackedWeights weights = Pack(compute);
            using var started = new CountdownEvent(3);
            Task[] users = [.. Enumerable.Range(0, 3).Select(_ => Task.Factory.StartNew(
                () =>
                {
                    started.Signal();
                    UseUntilDisposed(() =>
                    {
                        var y = new float[N];
                        weights.MatMul(x, y, 1);
                        Parity.AssertSameBits(expected, y);
                    });
                },
                TaskCreationOptions.LongRunning))];
            started.Wait();
            weights.Dispose();
            GC.Collect();
            Task.WaitAll(users);
        }
    }

    [SkippableTheory]
    [MemberData(nameof(Backends))]
    public void A_context_may_be_disposed_of_while_it_is_used(ComputeBackend backend)
    {
        using ComputeContext packer = Require.Context(backend);
        using PackedWeights weights = Pack(packer);
        float[] x = new Drawn(1).Values(4 * K);
        for (int round = 0; round < 8; round++)
        {
            ComputeContext compute = Require.Context(backend, threads: 3);
            using var started = new CountdownEvent(3);
            Task[] users = [.. Enumerable.Range(0, 3).Select(_ => Task.Factory.StartNew(
                () =>
                {
                    started.Signal();
                    UseUntilDisposed(() => weights.MatMul(x, new float[4 * N], 4, compute: compute));
                },
                TaskCreationOptions.LongRunning))];
            started.Wait();
            compute.Dispose();
            GC.Collect();
            Task.WaitAll(users);
        }
    }

    private static PackedWeights Pack(ComputeContext compute) =>
        PackedWeights.Quantize(new Drawn(9).Values(N * K), N, K, s_int4, compute: compute);

    private static void UseUntilDisposed(Action use)
    {
        try
        {
            while (true)
            {
                use();
            }
        }
        catch (ObjectDisposedException)
        {
            // As announced.
        }
    }
}
