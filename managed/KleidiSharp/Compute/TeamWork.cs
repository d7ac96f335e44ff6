// SPDX-License-Identifier: Apache-2.0
using System.Runtime.ExceptionServices;

namespace KleidiSharp;

/// <summary>Work in pieces that the threads of a team may take in any order; for one job at a time.</summary>
internal abstract class TeamWork
{
    private ExceptionDispatchInfo? failure;

    public abstract void Run(int piece);

    /// <summary>Runs a piece on any thread. What it throws waits for the caller; pieces taken after that do nothing.</summary>
    public void Take(int piece)
    {
        if (Volatile.Read(ref failure) is not null)
        {
            return;
        }

        try
        {
            Run(piece);
        }
#pragma warning disable CA1031 // It is thrown again by ThrowIfFailed.
        catch (Exception e)
#pragma warning restore CA1031
        {
            Interlocked.CompareExchange(ref failure, ExceptionDispatchInfo.Capture(e), null);
        }
    }

    /// <summary>Throws what the first piece that failed threw; for the caller, once no piece is under way.</summary>
    public void ThrowIfFailed()
    {
        if (failure is { } first)
        {
            failure = null;
            first.Throw();
        }
    }
}
