// SPDX-License-Identifier: Apache-2.0
using System.Runtime.InteropServices;
using BenchmarkDotNet.Attributes;

namespace KleidiSharp.Benchmarks;

/// <summary>What a call costs where there is little to do: one thread, m = 1, n = k = 64.</summary>
public unsafe class SmallCalls
{
    private const int Size = 64;

    private readonly float[] x = Operands.Matrix(1, Size);
    private readonly float[] y = new float[Size];
    private ComputeContext compute = null!;
    private PackedWeights int4 = null!;
    private PackedWeights f32 = null!;
    private delegate* unmanaged[Cdecl]<uint> version;

    /// <summary>Packs the weights and finds a native function that does nothing.</summary>
    [GlobalSetup]
    public void Pack()
    {
        compute = new ComputeContext(new ComputeOptions { Threads = 1, RequireNative = true });
        int4 = PackedWeights.Quantize(Operands.Matrix(Size, Size), Size, Size, Operands.Int4, compute: compute);
        f32 = PackedWeights.Quantize(Operands.Matrix(Size, Size), Size, Size, WeightFormat.Float32, compute: compute);
        nint library = NativeLibrary.Load(NativeLibraryInfo.Current.Path!);
        version = (delegate* unmanaged[Cdecl]<uint>)NativeLibrary.GetExport(library, "ks_abi_version");
    }

    /// <summary>Gives the memory back.</summary>
    [GlobalCleanup]
    public void Release()
    {
        int4.Dispose();
        f32.Dispose();
        compute.Dispose();
    }

    /// <summary>A call of a native function that returns a constant: P/Invoke and nothing else.</summary>
    [Benchmark]
    public uint PInvoke() => version();

    /// <summary>One operation, int4.</summary>
    [Benchmark]
    public void MatMulInt4() => int4.MatMul(x, y, rows: 1);

    /// <summary>One operation, f32.</summary>
    [Benchmark]
    public void MatMulFloat32() => f32.MatMul(x, y, rows: 1);
}
