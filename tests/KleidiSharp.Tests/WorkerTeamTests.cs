// SPDX-License-Identifier: Apache-2.0
using System.Collections.Concurrent;

namespace KleidiSharp.Tests;

public sealed class WorkerTeamTests
{
    [Fact]
    public void A_call_returns_when_the_last_piece_is_done()
    {
        using var team = new WorkerTeam(3);
        for (int round = 0; round < 5; round++)
        {
            var work = new SlowWork();
            team.Run(work, 7);
            Assert.Equal(Enumerable.Range(0, 7), work.Done.Order());
        }
    }

    [Fact]
    public void Pieces_are_shared_by_the_threads()
    {
        using var team = new WorkerTeam(2);
        var work = new MeetingWork();
        team.Run(work, 2);
        Assert.True(work.Met);
    }

    [Fact]
    public void Callers_do_not_wait_for_each_other_and_a_stopped_team_works_alone()
    {
        var team = new WorkerTeam(2);
        var works = new SlowWork[4];
        Parallel.For(0, works.Length, new ParallelOptions { MaxDegreeOfParallelism = 4 }, i => team.Run(works[i] = new SlowWork(), 3));
        Assert.All(works, work => Assert.Equal(Enumerable.Range(0, 3), work.Done.Order()));
        team.Dispose();
        var last = new SlowWork();
        team.Run(last, 3);
        Assert.Equal([0, 1, 2], last.Done);
    }

    private sealed class SlowWork : TeamWork
    {
        public ConcurrentQueue<int> Done { get; } = new();

        public override void Run(int piece)
        {
            Thread.Sleep(5);
            Done.Enqueue(piece);
        }
    }

    // Both pieces have to be under way at once.
    private sealed class MeetingWork : TeamWork
    {
        private int arrived;

        public bool Met { get; private set; } = true;

        public override void Run(int piece)
        {
            Interlocked.Increment(ref arrived);
            Met &= SpinWait.SpinUntil(() => Volatile.Read(ref arrived) == 2, TimeSpan.FromSeconds(20));
        }
    }
}
