// SPDX-License-Identifier: Apache-2.0
using KleidiSharp.Interop;

namespace KleidiSharp.Tests;

/// <summary>Work that is not a multiplication, on the threads of a context.</summary>
public class TeamWorkTests
{
    public static TheoryData<ComputeBackend, int> Contexts => new()
    {
        { ComputeBackend.Managed, 1 }, { ComputeBackend.Managed, 3 }, { ComputeBackend.Native, 1 }, { ComputeBackend.Native, 3 },
    };

    [SkippableTheory]
    [MemberData(nameof(Contexts))]
    public void Every_piece_runs_once(ComputeBackend backend, int threads)
    {
        using ComputeContext compute = Open(backend, threads);
        foreach (int pieces in new[] { 0, 1, 2, 100 })
        {
            var runs = new int[pieces];
            compute.Run(new Work(piece => Interlocked.Increment(ref runs[piece])), pieces);
            Assert.All(runs, count => Assert.Equal(1, count));
        }
    }

    [SkippableTheory]
    [MemberData(nameof(Contexts))]
    public void What_a_piece_throws_reaches_the_caller_once(ComputeBackend backend, int threads)
    {
        using ComputeContext compute = Open(backend, threads);
        bool fail = true;
        int runs = 0;
        var work = new Work(piece =>
        {
            Interlocked.Increment(ref runs);
            if (fail && piece == 1)
            {
                throw new InvalidTimeZoneException("piece 1");
            }
        });
        Assert.Equal("piece 1", Assert.Throws<InvalidTimeZoneException>(() => compute.Run(work, 100)).Message);
        fail = false;
        runs = 0;
        compute.Run(work, 100);
        Assert.Equal(100, runs);
    }

    // Two pieces that each wait for the other end only where a second thread takes one.
    [SkippableTheory]
    [InlineData(ComputeBackend.Managed)]
    [InlineData(ComputeBackend.Native)]
    public void Pieces_run_on_several_threads(ComputeBackend backend)
    {
        using ComputeContext compute = Open(backend, 2);
        using var both = new Barrier(2);
        compute.Run(new Work(_ => Assert.True(both.SignalAndWait(TimeSpan.FromMinutes(1)), "the other piece did not begin")), 2);
    }

    [SkippableTheory]
    [MemberData(nameof(Contexts))]
    public void A_call_allocates_nothing(ComputeBackend backend, int threads)
    {
        using ComputeContext compute = Open(backend, threads);
        var work = new Work(static _ => { });
        long least = long.MaxValue;
        for (int round = 0; round < 50; round++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            compute.Run(work, 10);
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        Assert.Equal(0, least);
    }

    [Fact]
    public void A_context_that_was_disposed_of_refuses()
    {
        ComputeContext compute = new(new ComputeOptions { Backend = ComputeBackend.Managed, Threads = 2 });
        compute.Dispose();
        Assert.Throws<ObjectDisposedException>(() => compute.Run(new Work(static _ => { }), 2));
    }

    private static ComputeContext Open(ComputeBackend backend, int threads)
    {
        string? failure = null;
        Skip.If(backend == ComputeBackend.Native && !NativeLoader.TryLoad(out failure), failure);
        return new ComputeContext(new ComputeOptions { Backend = backend, Threads = threads });
    }

    private sealed class Work(Action<int> body) : TeamWork
    {
        public override void Run(int piece) => body(piece);
    }
}
