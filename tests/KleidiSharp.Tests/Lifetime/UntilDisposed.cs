// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp.Tests.Lifetime;

/// <summary>Uses something on several threads while it is disposed of.</summary>
internal static class UntilDisposed
{
    /// <summary>
    /// Repeats each use on a thread of its own, and disposes once all have ended at least once; each must then end with
    /// <see cref="ObjectDisposedException"/>, and no other exception.
    /// </summary>
    public static void Run(IReadOnlyList<Action> uses, IDisposable victim)
    {
        using var begun = new CountdownEvent(uses.Count);
        Task[] users =
        [
            .. uses.Select(use => Task.Factory.StartNew(
                () => Repeat(use, begun), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default)),
        ];
        begun.Wait();
        victim.Dispose();
        GC.Collect();
        Task.WaitAll(users);
    }

    private static void Repeat(Action use, CountdownEvent begun)
    {
        bool first = true;
        try
        {
            while (true)
            {
                use();
                if (first)
                {
                    first = false;
                    begun.Signal();
                }
            }
        }
        catch (ObjectDisposedException) when (!first)
        {
            // As announced.
        }
        finally
        {
            if (first)
            {
                begun.Signal();
            }
        }
    }
}
