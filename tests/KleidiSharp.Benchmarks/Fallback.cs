// SPDX-License-Identifier: Apache-2.0
using BenchmarkDotNet.Attributes;

namespace KleidiSharp.Benchmarks;

/// <summary>C# where there is no native library, against it: one thread, 512 x 512.</summary>
public class Fallback
{
    private const int Size = 512;

    private ComputeContext compute = null!;
    private PackedWeights weights = null!;
    private float[] x = [];
    private float[] y = [];

    /// <summary>What does the work.</summary>
    [Params(ComputeBackend.Native, ComputeBackend.Managed)]
    public ComputeBackend Backend { get; set; }

    /// <summary>m.</summary>
    [Params(1, 16)]
    public int Rows { get; set; }

    /// <summary>Packs the weights.</summary>
    [GlobalSetup]
    public void Pack()
    {
        compute = Operands.Context(1, Backend);
        weights = PackedWeights.Quantize(Operands.Matrix(Size, Size), Size, Size, Operands.Int4, compute: compute);
        x = Operands.Matrix(Rows, Size);
        y = new float[Rows * Size];
    }

    /// <summary>Gives the memory back.</summary>
    [GlobalCleanup]
    public void Release()
    {
        weights.Dispose();
        compute.Dispose();
    }

    /// <summary>One operation, int4.</summary>
    [Benchmark]
    public void MatMul() => weights.MatMul(x, y, Rows);
}
