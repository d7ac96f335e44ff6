// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp;

/// <summary>
/// Threads that share the work of one call of the managed path at a time. A second call meanwhile works alone, as with
/// the native team. A call allocates nothing. The threads know the <see cref="WorkBoard"/> only, so that a team that is
/// not reachable any more is found, and ends.
/// </summary>
internal sealed class WorkerTeam : IDisposable
{
    private readonly object callers = new();
    private readonly WorkBoard board = new();
    private readonly List<Thread> workers = [];

    public WorkerTeam(int threads)
    {
        try
        {
            for (int i = 1; i < threads; i++)
            {
                var worker = new Thread(board.Work) { IsBackground = true, Name = $"KleidiSharp managed worker {i}" };
                worker.Start();
                workers.Add(worker);
            }
        }
        catch
        {
            // No thread more is to be had: those that are there would wait for good.
            Dispose();
            throw;
        }
    }

    ~WorkerTeam()
    {
        board.Stop();
#if KLEIDISHARP_TRACK_HANDLES
        if (workers.Count > 0)
        {
            HandleLedger.AddFinalized($"{nameof(WorkerTeam)} with {workers.Count} workers");
        }
#endif
    }

    /// <summary>Runs every piece, and returns when the last is done.</summary>
    /// <exception cref="Exception">What the first piece that failed threw.</exception>
    public void Run(TeamWork job, int count)
    {
        if (workers.Count == 0 || count == 1 || !Monitor.TryEnter(callers))
        {
            for (int piece = 0; piece < count; piece++)
            {
                job.Run(piece);
            }

            return;
        }

        try
        {
            board.Run(job, count);
        }
        finally
        {
            Monitor.Exit(callers);
        }

        job.ThrowIfFailed();
    }

    /// <summary>Stops the threads, after the call that is under way; later calls work alone.</summary>
    public void Dispose()
    {
        lock (callers)
        {
            board.Stop();
            workers.ForEach(worker => worker.Join());
        }

        GC.SuppressFinalize(this);
    }
}
