// SPDX-License-Identifier: Apache-2.0
using BenchmarkDotNet.Attributes;

namespace KleidiSharp.Benchmarks;

/// <summary>Making packed weights of 2048 x 2048.</summary>
public class Packing
{
    private const int Size = 2048;

    private ComputeContext compute = null!;
    private float[] values = [];
    private byte[] blocks = [];
    private PackedWeights packed = null!;

    /// <summary>Threads that share it.</summary>
    [Params(1, 2)]
    public int Threads { get; set; }

    /// <summary>Makes what is packed.</summary>
    [GlobalSetup]
    public void Draw()
    {
        compute = Operands.Context(Threads);
        values = Operands.Matrix(Size, Size);
        packed = PackedWeights.Quantize(values, Size, Size, Operands.Int4, compute: compute);
        // Blocks of Q4_0: scale 0 and any codes.
        blocks = new byte[Size * Size / 32 * 18];
    }

    /// <summary>Gives the memory back.</summary>
    [GlobalCleanup]
    public void Release()
    {
        packed.Dispose();
        compute.Dispose();
    }

    /// <summary>f32 to int4 in groups of 32, and packing.</summary>
    [Benchmark]
    public void Quantize() => PackedWeights.Quantize(values, Size, Size, Operands.Int4, compute: compute).Dispose();

    /// <summary>f32 as it is.</summary>
    [Benchmark]
    public void PackFloat32() => PackedWeights.Quantize(values, Size, Size, WeightFormat.Float32, compute: compute).Dispose();

    /// <summary>GGUF's blocks as they are.</summary>
    [Benchmark]
    public void PackQ4_0() => PackedWeights.PackQ4_0(blocks, Size, Size, compute: compute).Dispose();

    /// <summary>Packed weights once more.</summary>
    [Benchmark]
    public void Repack() => packed.Repack(compute).Dispose();
}
