// SPDX-License-Identifier: Apache-2.0
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using KleidiSharp.Interop;

namespace KleidiSharp;

/// <summary>
/// Threads of .NET that park inside the library and share the work of one call at a time. They know the team's memory
/// only, so that a team that is not reachable any more is found, and ends.
/// </summary>
internal sealed unsafe class NativeTeam : NativeHandle
{
    private readonly TeamMemory memory;
    private readonly List<Thread> threads = [];

    public NativeTeam(int workers)
    {
        memory = new TeamMemory(workers);
        Hold(memory.Team, 0);
        Describe($"with {workers} workers");
        try
        {
            for (int i = 1; i <= workers; i++)
            {
                threads.Add(memory.StartWorker($"KleidiSharp worker {i}"));
            }
        }
        catch
        {
            // No thread more is to be had: those that are there would wait for good.
            Stop();
            throw;
        }
    }

    /// <summary>Valid while a reference is held.</summary>
    public ks_team* Team => (ks_team*)handle;

    /// <summary>Runs every piece, and returns when the last is done; alone where the threads are busy.</summary>
    /// <exception cref="Exception">What the first piece that failed threw.</exception>
    public void Run(TeamWork work, int pieces)
    {
        bool held = false;
        try
        {
            DangerousAddRef(ref held);

            // The library gives the address back to each piece; the variable stays where it is until the call returns.
#pragma warning disable CS8500
            NativeStatus.ThrowIfFailed(NativeMethods.ks_team_run(Team, pieces, &RunPiece, &work));
#pragma warning restore CS8500
        }
        finally
        {
            if (held)
            {
                DangerousRelease();
            }
        }

        work.ThrowIfFailed();
    }

    /// <summary>Lets the call that is under way finish, and waits for the threads to leave.</summary>
    public void Stop()
    {
        Dispose();
        threads.ForEach(thread => thread.Join());
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void RunPiece(void* work, long piece) => Unsafe.AsRef<TeamWork>(work).Take((int)piece);

    // The threads leave, and the last of them takes the memory along.
    protected override void Free()
    {
        NativeStatus.ThrowIfFailed(NativeMethods.ks_team_stop(Team));
        memory.Dispose();
    }
}
