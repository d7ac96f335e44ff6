// SPDX-License-Identifier: Apache-2.0
using System.Runtime.InteropServices;
using KleidiSharp.Interop;

namespace KleidiSharp;

/// <summary>Threads of .NET that park inside the library and share the work of one call at a time.</summary>
internal sealed unsafe class NativeTeam : SafeHandle
{
    private readonly Thread[] threads;

    public NativeTeam(int workers)
        : base(0, ownsHandle: true)
    {
        nuint size = (nuint)NativeMethods.ks_team_size(workers);
        SetHandle((nint)NativeMemory.AlignedAlloc(size, PackedShape.Alignment));
        NativeStatus.ThrowIfFailed(NativeMethods.ks_team_init((void*)handle, size, workers));
        threads = [.. Enumerable.Range(1, workers).Select(
            i => new Thread(Work) { IsBackground = true, Name = $"KleidiSharp worker {i}" })];
        try
        {
            Array.ForEach(threads, thread => thread.Start());
        }
        catch
        {
            // No thread more is to be had: those that are there would wait for good.
            Stop();
            throw;
        }
    }

    public override bool IsInvalid => handle == 0;

    /// <summary>Valid while a reference is held.</summary>
    public ks_team* Team => (ks_team*)handle;

    /// <summary>Lets the call that is under way finish, and waits for the threads to leave.</summary>
    public void Stop()
    {
        NativeStatus.ThrowIfFailed(NativeMethods.ks_team_stop(Team));
        foreach (Thread thread in threads.Where(thread => !thread.ThreadState.HasFlag(ThreadState.Unstarted)))
        {
            thread.Join();
        }

        Dispose();
    }

    protected override bool ReleaseHandle()
    {
        NativeMemory.AlignedFree((void*)handle);
        return true;
    }

    // The instance is reachable from here, so that the memory stays while a thread is inside.
    private void Work()
    {
        bool held = false;
        DangerousAddRef(ref held);
        NativeStatus.ThrowIfFailed(NativeMethods.ks_team_work(Team));
        DangerousRelease();
    }
}
