// SPDX-License-Identifier: Apache-2.0
using System.Numerics.Tensors;

namespace KleidiSharp.Tests.Hostile;

/// <summary>
/// What a multiplication works with is disposed of while it runs: the call is long, the disposal begins when the first
/// results are there. A round in which the last were there too does not count and makes the next one longer: on a busy
/// machine this thread may have to wait for its turn.
/// </summary>
[Collection(SerialTests.Name)]
public sealed class DisposalDuringCallTests : IDisposable
{
    private const int N = 1024, K = 512, Rounds = 12;

    private readonly string file = Path.GetTempFileName();

    public static TheoryData<ComputeBackend, int, bool> Cases
    {
        get
        {
            var cases = new TheoryData<ComputeBackend, int, bool>();
            foreach (ComputeBackend backend in new[] { ComputeBackend.Managed, ComputeBackend.Native })
            {
                cases.Add(backend, 1, false);
                cases.Add(backend, 1, true);
                cases.Add(backend, 3, true);
            }

            return cases;
        }
    }

    public void Dispose() => File.Delete(file);

    [SkippableTheory]
    [MemberData(nameof(Cases))]
    public void The_weights(ComputeBackend backend, int threads, bool mapped)
    {
        using ComputeContext compute = Require.Context(backend, threads);
        var call = new LongCall(compute, file);
        for (int round = 0; call.Interrupted < Rounds; round++)
        {
            PackedWeights weights = mapped ? PackedWeights.Map(file, compute: compute) : Pack(compute);
            call.DisposeDuring(weights, compute, weights);
            Assert.Throws<ObjectDisposedException>(() => weights.MatMul(new float[K], new float[N], 1));
            Assert.True(round < 10 * Rounds, call.ToString());
        }

        Assert.DoesNotContain(File.ReadLines("/proc/self/maps"), line => line.EndsWith(file, StringComparison.Ordinal));
    }

    [SkippableTheory]
    [MemberData(nameof(Cases))]
    public void The_context(ComputeBackend backend, int threads, bool mapped)
    {
        using ComputeContext packer = Require.Context(backend);
        var call = new LongCall(packer, file);
        using PackedWeights weights = mapped ? PackedWeights.Map(file, compute: packer) : Pack(packer);
        for (int round = 0; call.Interrupted < Rounds; round++)
        {
            ComputeContext compute = Require.Context(backend, threads);
            call.DisposeDuring(weights, compute, compute);
            Assert.Throws<ObjectDisposedException>(() => weights.MatMul(new float[K], new float[N], 1, compute: compute));
            Assert.True(round < 10 * Rounds, call.ToString());
        }
    }

    private static PackedWeights Pack(ComputeContext compute) =>
        PackedWeights.Quantize(new Drawn(9).Values(N * K), N, K, WeightFormat.Int4Group(32), compute: compute);

    private sealed class LongCall
    {
        private readonly int mostRows;
        private readonly float[] x;
        private readonly float[] y;
        private readonly float[] expected;
        private int rows;
        private int calls;

        /// <summary>Takes the results of a call that nothing disturbs, and saves its weights.</summary>
        public LongCall(ComputeContext compute, string file)
        {
            (rows, mostRows) = compute.Backend == ComputeBackend.Native ? (2048, 8192) : (128, 2048);
            x = new Drawn(5).Values(mostRows * K);
            y = new float[mostRows * N];
            expected = new float[mostRows * N];
            using PackedWeights weights = Pack(compute);
            weights.Save(file);
            weights.MatMul(x, expected, mostRows);
        }

        /// <summary>Calls that were not yet done when the disposal began.</summary>
        public int Interrupted { get; private set; }

        public void DisposeDuring(PackedWeights weights, ComputeContext compute, IDisposable victim)
        {
            int m = rows;
            Array.Fill(y, float.NaN, 0, m * N);
            Exception? failure = null;
            var call = new Thread(() => failure = Record.Exception(() => weights.MatMul(x, y, m, compute: compute)));
            call.Start();
            while (float.IsNaN(Volatile.Read(ref y[0])) && call.IsAlive)
            {
                Thread.SpinWait(10);
            }

            bool interrupted = TensorPrimitives.IsNaNAny<float>(y.AsSpan(0, m * N));
            victim.Dispose();
            call.Join();
            Assert.Null(failure);
            Parity.AssertSameBits(expected.AsSpan(0, m * N), y.AsSpan(0, m * N));
            calls++;
            Interrupted += interrupted ? 1 : 0;
            rows = interrupted ? rows : Math.Min(2 * rows, mostRows);
        }

        public override string ToString() => $"of {calls} calls, the last with {rows} rows, only {Interrupted} took long enough";
    }
}
