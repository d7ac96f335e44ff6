// SPDX-License-Identifier: Apache-2.0
#if KLEIDISHARP_TRACK_HANDLES
namespace KleidiSharp.Tests.Lifetime;

/// <summary>Making, using and disposing ten thousand times leaves nothing: no handle, no byte, no resident memory.</summary>
[Collection(SerialTests.Name)]
public sealed class CycleTests : IDisposable
{
    private const int Cycles = 10_000, N = 64, K = 128, M = 2;

    private static readonly WeightFormat s_int4 = WeightFormat.Int4Group(32);

    private readonly string file = Path.GetTempFileName();
    private readonly float[] values = new Drawn(1).Values(N * K);
    private readonly float[] x = new Drawn(2).Values(M * K);
    private readonly float[] y = new float[M * N];

    public static TheoryData<ComputeBackend> Backends => [ComputeBackend.Managed, ComputeBackend.Native];

    public void Dispose() => File.Delete(file);

    [SkippableTheory]
    [MemberData(nameof(Backends))]
    public void Quantising_and_multiplying(ComputeBackend backend)
    {
        using ComputeContext compute = Require.Context(backend);
        NativeMemoryCheck.StaysLevel(Cycles, () =>
        {
            using PackedWeights weights = Pack(compute);
            weights.MatMul(x, y, M);
        });
    }

    [SkippableTheory]
    [MemberData(nameof(Backends))]
    public void Mapping_and_loading_files(ComputeBackend backend)
    {
        using ComputeContext compute = Require.Context(backend);
        using (PackedWeights weights = Pack(compute))
        {
            weights.Save(file);
        }

        NativeMemoryCheck.StaysLevel(Cycles, () =>
        {
            using PackedWeights mapped = PackedWeights.Map(file, compute: compute);
            mapped.MatMul(x, y, M);
            using PackedWeights loaded = PackedWeights.Load(file, compute: compute);
            loaded.MatMul(x, y, M);
        });
        Assert.DoesNotContain(File.ReadLines("/proc/self/maps"), line => line.EndsWith(file, StringComparison.Ordinal));
    }

    [SkippableTheory]
    [MemberData(nameof(Backends))]
    public void Converting_and_refusing(ComputeBackend backend)
    {
        using ComputeContext compute = Require.Context(backend);
        using PackedWeights weights = Pack(compute);
        byte[] damaged = new byte[PackedShape.HeaderSize];
        File.WriteAllBytes(file, damaged);
        NativeMemoryCheck.StaysLevel(Cycles, () =>
        {
            using PackedWeights again = weights.Repack(compute);
            again.Unpack();
            Assert.Throws<InvalidDataException>(() => PackedWeights.Map(file, compute: compute));
        });
    }

    // Each cycle starts and ends two threads, or four.
    [SkippableTheory]
    [MemberData(nameof(Backends))]
    public void Contexts_with_threads(ComputeBackend backend)
    {
        using ComputeContext packer = Require.Context(backend);
        using PackedWeights weights = Pack(packer);
        NativeMemoryCheck.StaysLevel(Cycles, () =>
        {
            using ComputeContext compute = Require.Context(backend, threads: 3);
            weights.MatMul(x, y, M, compute: compute);
        });
    }

    private PackedWeights Pack(ComputeContext compute) =>
        PackedWeights.Quantize(values, N, K, s_int4, compute: compute);
}
#endif
