// SPDX-License-Identifier: Apache-2.0
using BenchmarkDotNet.Attributes;

namespace KleidiSharp.Benchmarks;

/// <summary>
/// The smallest multiplication that is handed to a second thread. With one thread it is the work alone: what two threads
/// take beyond half of that is the way there and back.
/// </summary>
public class ForkJoin
{
    // A task has at least 2^16 multiplications, and there have to be two.
    private const int K = 512;
    private const int N = 256;

    private readonly float[] x = Operands.Matrix(1, K);
    private readonly float[] y = new float[N];
    private ComputeContext compute = null!;
    private PackedWeights weights = null!;

    /// <summary>Threads that share it.</summary>
    [Params(1, 2)]
    public int Threads { get; set; }

    /// <summary>Packs the weights.</summary>
    [GlobalSetup]
    public void Pack()
    {
        compute = Operands.Context(Threads);
        weights = PackedWeights.Quantize(Operands.Matrix(N, K), N, K, Operands.Int4, compute: compute);
    }

    /// <summary>Gives the memory back.</summary>
    [GlobalCleanup]
    public void Release()
    {
        weights.Dispose();
        compute.Dispose();
    }

    /// <summary>There and back.</summary>
    [Benchmark]
    public void RoundTrip() => weights.MatMul(x, y, rows: 1);
}
