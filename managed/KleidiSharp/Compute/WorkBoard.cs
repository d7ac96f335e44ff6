// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp;

/// <summary>Where a <see cref="WorkerTeam"/> puts its work up, and its threads find it.</summary>
internal sealed class WorkBoard
{
    private readonly object gate = new();
    private TeamWork? work;
    private int pieces;
    private int next;
    private int helpers;
    private bool stopping;

    /// <summary>Runs every piece of a job, and returns when the last is done; for one caller at a time.</summary>
    public void Run(TeamWork job, int count)
    {
        lock (gate)
        {
            work = job;
            pieces = count;
            next = 0;
            Monitor.PulseAll(gate);
        }

        TakePieces(job, count);
        lock (gate)
        {
            work = null;
            while (helpers > 0)
            {
                Monitor.Wait(gate);
            }
        }
    }

    /// <summary>Lets the threads go.</summary>
    public void Stop()
    {
        lock (gate)
        {
            stopping = true;
            Monitor.PulseAll(gate);
        }
    }

    /// <summary>What each thread does until the end.</summary>
    public void Work()
    {
        while (HelpOnce())
        {
        }
    }

    // A method of its own: a thread that waits must not keep the last job, and its memory, in a variable.
    private bool HelpOnce()
    {
        TeamWork job;
        int count;
        lock (gate)
        {
            while (!stopping && (work is null || Volatile.Read(ref next) >= pieces))
            {
                Monitor.Wait(gate);
            }

            if (stopping)
            {
                return false;
            }

            job = work!;
            count = pieces;
            helpers++;
        }

        TakePieces(job, count);
        lock (gate)
        {
            if (--helpers == 0)
            {
                Monitor.PulseAll(gate);
            }
        }

        return true;
    }

    private void TakePieces(TeamWork job, int count)
    {
        for (int piece = Interlocked.Increment(ref next) - 1; piece < count; piece = Interlocked.Increment(ref next) - 1)
        {
            job.Take(piece);
        }
    }
}
