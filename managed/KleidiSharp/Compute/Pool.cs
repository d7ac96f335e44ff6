// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp;

/// <summary>
/// Objects that calls borrow for their duration: as many as calls were ever under way at once. What was returned last
/// is lent first, since it is the warmest.
/// </summary>
internal sealed class Pool<T>(Func<T> create) : IDisposable
    where T : class
{
    private readonly object gate = new();
    private readonly Stack<T> idle = new(16);
    private bool disposed;

    public T Rent()
    {
        lock (gate)
        {
            if (idle.TryPop(out T? item))
            {
                return item;
            }
        }

        return create();
    }

    public void Return(T item)
    {
        lock (gate)
        {
            if (!disposed)
            {
                idle.Push(item);
                return;
            }
        }

        (item as IDisposable)?.Dispose();
    }

    /// <summary>Disposes of the idle objects now, and of those on loan when they come back, where there is anything to do.</summary>
    public void Dispose()
    {
        lock (gate)
        {
            disposed = true;
            while (idle.TryPop(out T? item))
            {
                (item as IDisposable)?.Dispose();
            }
        }
    }
}
