// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp;

/// <summary>
/// Threads that share the work of one call of the managed path at a time. A second call meanwhile works alone, as with
/// the native team. A call allocates nothing.
/// </summary>
internal sealed class WorkerTeam : IDisposable
{
    private readonly object callers = new();
    private readonly object gate = new();
    private readonly Thread[] workers;
    private TeamWork? work;
    private int pieces;
    private int next;
    private int helpers;
    private bool stopping;

    public WorkerTeam(int threads)
    {
        workers = [.. Enumerable.Range(1, threads - 1).Select(
            i => new Thread(Work) { IsBackground = true, Name = $"KleidiSharp managed worker {i}" })];
        try
        {
            Array.ForEach(workers, worker => worker.Start());
        }
        catch
        {
            // No thread more is to be had: those that are there would wait for good.
            Dispose();
            throw;
        }
    }

    /// <summary>Runs every piece, and returns when the last is done.</summary>
    public void Run(TeamWork job, int count)
    {
        if (workers.Length == 0 || count == 1 || !Monitor.TryEnter(callers))
        {
            for (int piece = 0; piece < count; piece++)
            {
                job.Run(piece);
            }

            return;
        }

        try
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
        finally
        {
            Monitor.Exit(callers);
        }
    }

    /// <summary>Stops the threads, after the call that is under way; later calls work alone.</summary>
    public void Dispose()
    {
        lock (callers)
        {
            lock (gate)
            {
                stopping = true;
                Monitor.PulseAll(gate);
            }

            foreach (Thread worker in workers.Where(worker => !worker.ThreadState.HasFlag(ThreadState.Unstarted)))
            {
                worker.Join();
            }
        }
    }

    private void Work()
    {
        while (true)
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
                    return;
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
        }
    }

    private void TakePieces(TeamWork job, int count)
    {
        for (int piece = Interlocked.Increment(ref next) - 1; piece < count; piece = Interlocked.Increment(ref next) - 1)
        {
            job.Run(piece);
        }
    }
}
