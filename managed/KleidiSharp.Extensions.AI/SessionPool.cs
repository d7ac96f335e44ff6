// SPDX-License-Identifier: Apache-2.0
using KleidiSharp.Models;

namespace KleidiSharp.Extensions.AI;

/// <summary>
/// A bounded number of sessions. A request gets the one that has seen most of its prompt, so that the next turn of a
/// conversation reads only what is new; logits have the same bits either way.
/// </summary>
internal sealed class SessionPool(LlamaModel model, int capacity) : IDisposable
{
    // Those not in use, the one that was longest not first.
    private readonly List<PooledSession> idle = [];
    private readonly SemaphoreSlim free = new(capacity);
    private int made;
    private bool disposed;

    /// <summary>Waits for a session that may be used, and takes the best.</summary>
    public async Task<PooledSession> RentAsync(int[] prompt, CancellationToken cancellationToken)
    {
        await free.WaitAsync(cancellationToken).ConfigureAwait(false);
        lock (idle)
        {
            PooledSession? best = idle.MaxBy(session => session.CommonPrefix(prompt));

            // A session that would lose most of what it has seen is left to its own conversation while there is room.
            if (best is null || (made < capacity && 2 * best.CommonPrefix(prompt) < best.Count))
            {
                made++;
                return new PooledSession(model.CreateSession());
            }

            idle.Remove(best);
            return best;
        }
    }

    /// <summary>Gives a session back, with what it has seen.</summary>
    public void Return(PooledSession session)
    {
        lock (idle)
        {
            if (disposed)
            {
                session.Dispose();
                return;
            }

            idle.Add(session);
        }

        free.Release();
    }

    public void Dispose()
    {
        lock (idle)
        {
            disposed = true;
            idle.ForEach(session => session.Dispose());
            idle.Clear();
        }
    }
}
