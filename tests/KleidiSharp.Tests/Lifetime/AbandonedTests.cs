// SPDX-License-Identifier: Apache-2.0
#if KLEIDISHARP_TRACK_HANDLES
using System.Runtime.CompilerServices;

namespace KleidiSharp.Tests.Lifetime;

/// <summary>What nobody disposed of is freed by the finalizer, and named.</summary>
[Collection(SerialTests.Name)]
public sealed class AbandonedTests
{
    private const int N = 64, K = 128;

    public static TheoryData<ComputeBackend> Backends => [ComputeBackend.Managed, ComputeBackend.Native];

    [SkippableTheory]
    [MemberData(nameof(Backends))]
    public void Weights(ComputeBackend backend)
    {
        using ComputeContext compute = Require.Context(backend);
        Expect([], () => Pack(compute).Dispose());
        Expect(["BlobMemory int4/32 [64, 128]"], () => Pack(compute));
    }

    [SkippableTheory]
    [MemberData(nameof(Backends))]
    public void Files(ComputeBackend backend)
    {
        using ComputeContext compute = Require.Context(backend);
        string file = Path.GetTempFileName();
        try
        {
            using (PackedWeights weights = Pack(compute))
            {
                weights.Save(file);
            }

            Expect(
                ["BlobMemory int4/32 [64, 128]", "BlobMemory int4/32 [64, 128]"],
                () =>
                {
                    PackedWeights.Map(file, compute: compute);
                    PackedWeights.Load(file, compute: compute);
                });
        }
        finally
        {
            File.Delete(file);
        }
    }

    [SkippableTheory]
    [InlineData(ComputeBackend.Managed, nameof(WorkerTeam))]
    [InlineData(ComputeBackend.Native, nameof(NativeTeam))]
    public void Contexts_with_their_threads(ComputeBackend backend, string team)
    {
        Require.Context(backend).Dispose();
        Expect([$"{team} with 2 workers"], () => Require.Context(backend, threads: 3));
    }

    [SkippableTheory]
    [InlineData(ComputeBackend.Managed, nameof(WorkerTeam))]
    [InlineData(ComputeBackend.Native, nameof(NativeTeam))]
    public void Contexts_that_worked(ComputeBackend backend, string team)
    {
        using ComputeContext packer = Require.Context(backend);
        using PackedWeights weights = PackedWeights.Quantize(
            new Drawn(1).Values(512 * 512), 512, 512, WeightFormat.Int4Group(32), compute: packer);
        string[] names = Take(() => weights.MatMul(
            new float[4 * 512], new float[4 * 512], 4, compute: Require.Context(backend, threads: 3)));
        Assert.Equal(2, names.Length);
        Assert.Contains($"{team} with 2 workers", names);
        Assert.Matches("^ScratchBuffer of [0-9]+ bytes$", Assert.Single(names, name => !name.StartsWith(team, StringComparison.Ordinal)));
    }

    private static PackedWeights Pack(ComputeContext compute) =>
        PackedWeights.Quantize(new Drawn(1).Values(N * K), N, K, WeightFormat.Int4Group(32), compute: compute);

    private static void Expect(string[] names, Action leave) => Assert.Equal(names, Take(leave));

    // Threads need a moment to leave the memory of their team.
    private static string[] Take(Action leave)
    {
        FinalizedHandles.Collect();
        FinalizedHandles.Expect();
        (long Handles, long Bytes) before = HandleLedger.Live;
        int threads = Workers();
        Leave(leave);
        FinalizedHandles.Collect();
        string[] names = HandleLedger.TakeFinalized();
        Assert.True(SpinWait.SpinUntil(() => HandleLedger.Live == before, 5000), $"{before} were live, {HandleLedger.Live} are");
        Assert.True(SpinWait.SpinUntil(() => Workers() == threads, 5000), "worker threads go on");
        return names;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Leave(Action leave) => leave();

    private static int Workers() => Directory.GetDirectories("/proc/self/task").Count(IsOurs);

    private static bool IsOurs(string task)
    {
        try
        {
            return File.ReadAllText(task + "/comm").StartsWith("KleidiSharp", StringComparison.Ordinal);
        }
        catch (IOException)
        {
            // It ended meanwhile.
            return false;
        }
    }
}
#endif
