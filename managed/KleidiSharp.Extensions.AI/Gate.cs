// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp.Extensions.AI;

/// <summary>Lets work in until it is closed; closing ends the work inside and waits for it.</summary>
internal sealed class Gate(object owner) : IDisposable
{
    private readonly object inside = new();
    private readonly CancellationTokenSource closing = new();
    private int working;
    private volatile bool closed;

    public void ThrowIfClosed() => ObjectDisposedException.ThrowIf(closed, owner);

    /// <summary>What work asks now and then, to end early.</summary>
    public void Check(CancellationToken cancellationToken)
    {
        ThrowIfClosed();
        cancellationToken.ThrowIfCancellationRequested();
    }

    /// <summary>Runs work on a thread of the pool.</summary>
    public Task<T> RunAsync<T>(Func<T> work, CancellationToken cancellationToken)
    {
        ThrowIfClosed();
        return Task.Run(
            () =>
            {
                Enter();
                try
                {
                    return work();
                }
                finally
                {
                    Leave();
                }
            },
            cancellationToken);
    }

    /// <summary>Waits for something that takes no thread, no longer than until the gate closes.</summary>
    public async Task<T> AwaitAsync<T>(Func<CancellationToken, Task<T>> wait, CancellationToken cancellationToken)
    {
        ThrowIfClosed();
        using var either = CancellationTokenSource.CreateLinkedTokenSource(closing.Token, cancellationToken);
        try
        {
            return await wait(either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            ThrowIfClosed();
            throw;
        }
    }

    /// <summary>Closes, and returns when no work is inside; false where it was closed before.</summary>
    public bool Close()
    {
        lock (inside)
        {
            if (closed)
            {
                return false;
            }

            closed = true;
        }

        closing.Cancel();
        lock (inside)
        {
            while (working > 0)
            {
                Monitor.Wait(inside);
            }
        }

        return true;
    }

    public void Dispose() => closing.Dispose();

    private void Enter()
    {
        lock (inside)
        {
            ObjectDisposedException.ThrowIf(closed, owner);
            working++;
        }
    }

    private void Leave()
    {
        lock (inside)
        {
            working--;
            Monitor.PulseAll(inside);
        }
    }
}
