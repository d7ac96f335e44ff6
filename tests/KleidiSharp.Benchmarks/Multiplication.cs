// SPDX-License-Identifier: Apache-2.0
using BenchmarkDotNet.Attributes;

namespace KleidiSharp.Benchmarks;

/// <summary>
/// One multiplication with weights that calls go round of, so that they come from memory: the operator as a model uses it.
/// </summary>
public class Multiplication
{
    // More than last-level caches hold.
    private const long RotatedBytes = 256L << 20;

    private ComputeContext compute = null!;
    private PackedWeights[] weights = [];
    private float[] x = [];
    private float[] y = [];
    private int next;

    /// <summary>What the weights are stored in.</summary>
    [Params("int4", "f32")]
    public string Format { get; set; } = "";

    /// <summary>In-features and out-features (k x n).</summary>
    [Params("2048x2048", "2048x8192")]
    public string Shape { get; set; } = "";

    /// <summary>m.</summary>
    [Params(1, 16, 128)]
    public int Rows { get; set; }

    /// <summary>Threads that share it.</summary>
    [Params(1, 2)]
    public int Threads { get; set; }

    /// <summary>Packs the weights.</summary>
    [GlobalSetup]
    public void Pack()
    {
        int[] shape = [.. Shape.Split('x').Select(int.Parse)];
        (int k, int n) = (shape[0], shape[1]);
        compute = Operands.Context(Threads);
        PackedWeights first = PackedWeights.Quantize(
            Operands.Matrix(n, k), n, k, Format == "f32" ? WeightFormat.Float32 : Operands.Int4, compute: compute);
        weights = new PackedWeights[(RotatedBytes / first.ByteSize) + 1];
        weights[0] = first;
        for (int i = 1; i < weights.Length; i++)
        {
            weights[i] = first.Repack(compute);
        }

        x = Operands.Matrix(Rows, k);
        y = new float[Rows * n];
    }

    /// <summary>Gives the memory back.</summary>
    [GlobalCleanup]
    public void Release()
    {
        foreach (PackedWeights packed in weights)
        {
            packed.Dispose();
        }

        compute.Dispose();
    }

    /// <summary>The operator.</summary>
    [Benchmark]
    public void MatMul() => weights[next++ % weights.Length].MatMul(x, y, Rows);
}
