// SPDX-License-Identifier: Apache-2.0
using System.Runtime.CompilerServices;
using KleidiSharp.Tests.Lifetime;

namespace KleidiSharp.Tests.Hostile;

/// <summary>What nobody disposed of is given back all the same, once the garbage collector has found it.</summary>
[Collection(SerialTests.Name)]
public sealed class LeakedHandleTests
{
    public static TheoryData<ComputeBackend> Backends => [ComputeBackend.Managed, ComputeBackend.Native];

    [SkippableTheory]
    [MemberData(nameof(Backends))]
    public void The_memory_of_weights(ComputeBackend backend)
    {
        // 4 MB each; far more than the ten at a time that the C library may keep for later.
        const int n = 1024, k = 1024, count = 200;
        using ComputeContext compute = Require.Context(backend);
        var values = new float[n * k];
        Leak(1);
        long before = ResidentBytes();
        Leak(count);
        long kept = ResidentBytes() - before;
        FinalizedHandles.Expect([.. Enumerable.Repeat("BlobMemory f32 [1024, 1024]", 1 + count)]);
        Assert.True(kept < count / 4 * values.LongLength * sizeof(float), $"{kept} bytes more are resident");

        [MethodImpl(MethodImplOptions.NoInlining)]
        void Make() => PackedWeights.Quantize(values, n, k, WeightFormat.Float32, compute: compute);

        void Leak(int times)
        {
            for (int i = 0; i < times; i++)
            {
                Make();
                if (i % 10 == 9 || i == times - 1)
                {
                    FinalizedHandles.Collect();
                }
            }
        }
    }

    [SkippableTheory]
    [MemberData(nameof(Backends))]
    public void The_file_of_mapped_weights(ComputeBackend backend)
    {
        using ComputeContext compute = Require.Context(backend);
        string file = Path.GetTempFileName();
        try
        {
            using (PackedWeights packed = PackedWeights.Quantize(new float[64], 2, 32, WeightFormat.Float32, compute: compute))
            {
                packed.Save(file);
            }

            for (int i = 0; i < 20; i++)
            {
                Map();
            }

            Assert.Contains(File.ReadLines("/proc/self/maps"), Shows);
            FinalizedHandles.Collect();
            FinalizedHandles.Expect([.. Enumerable.Repeat("BlobMemory f32 [2, 32]", 20)]);
            Assert.DoesNotContain(File.ReadLines("/proc/self/maps"), Shows);
            Assert.DoesNotContain(
                new DirectoryInfo("/proc/self/fd").GetFiles(), descriptor => descriptor.LinkTarget == file);
        }
        finally
        {
            File.Delete(file);
        }

        bool Shows(string line) => line.EndsWith(file, StringComparison.Ordinal);

        [MethodImpl(MethodImplOptions.NoInlining)]
        void Map() => PackedWeights.Map(file, compute: compute).MatMul(new float[32], new float[2], 1);
    }

    [SkippableTheory]
    [MemberData(nameof(Backends))]
    public void Weights_and_contexts_together(ComputeBackend backend)
    {
        for (int round = 0; round < 10; round++)
        {
            Use();
            FinalizedHandles.Collect();
            FinalizedHandles.Expect("BlobMemory int4/32 [130, 256]", "ScratchBuffer of ");
        }

        [MethodImpl(MethodImplOptions.NoInlining)]
        void Use()
        {
            ComputeContext compute = Require.Context(backend);
            PackedWeights weights = PackedWeights.Quantize(
                new Drawn(9).Values(130 * 256), 130, 256, WeightFormat.Int4Group(32), compute: compute);
            weights.MatMul(new float[256], new float[130], 1);
        }
    }

    private static long ResidentBytes() =>
        long.Parse(File.ReadAllText("/proc/self/statm").Split(' ')[1]) * Environment.SystemPageSize;
}
