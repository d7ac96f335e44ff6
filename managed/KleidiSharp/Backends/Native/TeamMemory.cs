// SPDX-License-Identifier: Apache-2.0
using KleidiSharp.Interop;

namespace KleidiSharp;

/// <summary>The memory of a <see cref="NativeTeam"/>, which each of its threads holds while it is inside.</summary>
internal sealed unsafe class TeamMemory : NativeHandle
{
    public TeamMemory(int workers)
    {
        long size = (long)NativeMethods.ks_team_size(workers);
        Take(size);
        Describe($"of {workers} workers");
        NativeStatus.ThrowIfFailed(NativeMethods.ks_team_init((void*)handle, (ulong)size, workers));
    }

    /// <summary>Valid while a reference is held.</summary>
    public ks_team* Team => (ks_team*)handle;

    /// <summary>Starts a thread that works until the team is stopped.</summary>
    public Thread StartWorker(string name)
    {
        // For the thread, which may begin after the team's end.
        bool held = false;
        DangerousAddRef(ref held);
        try
        {
            var thread = new Thread(Work) { IsBackground = true, Name = name };
            thread.Start();
            return thread;
        }
        catch
        {
            DangerousRelease();
            throw;
        }
    }

    private void Work()
    {
        NativeStatus.ThrowIfFailed(NativeMethods.ks_team_work(Team));
        DangerousRelease();
    }
}
