// SPDX-License-Identifier: Apache-2.0
using System;
using System.Linq;
using System.Threading;
using KleidiSharp.Interop;
using static KleidiSharp.Interop.NativeMethods;

namespace KleidiSharp.Mono.Tests;

/// <summary>Teams of threads of this runtime, while its garbage collector stops and moves what it can.</summary>
internal static unsafe class TeamChecks
{
    private const int Calls = 60;

    /// <summary>Several callers share one team, one of them at a time getting it; every result has the same bits.</summary>
    public static void UnderGarbageCollection(ks_format format)
    {
        const int Workers = 2, Callers = 2, M = 9;
        var weights = new Weights(format, 200, 256, 64, seed: 11);
        using AlignedBuffer blob = MatMulChecks.PackForHere(weights);
        float[] x = Weights.Draw(new Random(12), M * weights.K);
        float[] expected = Expected.MatMul(weights, x, M, -1, 1);

        using var memory = new AlignedBuffer(Check.Call(ks_team_size(Workers)));
        Check.Ok(ks_team_init(memory.Pointer, memory.Size, Workers));
        IntPtr team = (IntPtr)memory.Pointer;
        var workers = new Crew(Workers, _ => Check.Ok(ks_team_work((ks_team*)team)));

        bool stop = false;
        var collector = new Crew(1, _ =>
        {
            while (!Volatile.Read(ref stop))
            {
                GC.KeepAlive(Enumerable.Range(0, 100).Select(i => new byte[i * 10]).ToArray());
                GC.Collect();
            }
        });
        var callers = new Crew(Callers, caller =>
        {
            for (int call = 0; call < Calls; call++)
            {
                float[] y = MatMulChecks.Run(weights, blob, x, M, -1, 1, -1, (ks_team*)team, out _);
                Check.SameBits(expected, y, $"caller {caller}, call {call}");
            }
        });

        try
        {
            callers.Join();
        }
        finally
        {
            Volatile.Write(ref stop, true);
            collector.Join();
            Check.Ok(ks_team_stop((ks_team*)team));
            workers.Join();
        }
    }

    public static void BadTeams()
    {
        Check.True(Check.Call(ks_team_size(0)) == 0 && Check.Call(ks_team_size(1024)) == 0, "a size for 0 or 1024 workers");
        using var memory = new AlignedBuffer(Check.Call(ks_team_size(1)));
        Check.Fails(ks_status.KS_ERROR_BUFFER_SIZE, "memory", ks_team_init(memory.Pointer, memory.Size - 1, 1));
        Check.Fails(ks_status.KS_ERROR_NULL, "team", ks_team_work(null));
        Check.Fails(ks_status.KS_ERROR_NULL, "team", ks_team_stop(null));
    }

    /// <summary>Threads that run one method; the first exception comes out of <see cref="Join"/>.</summary>
    private sealed class Crew
    {
        private readonly Thread[] threads;
        private Exception? failure;

        public Crew(int count, Action<int> work)
        {
            threads = Enumerable.Range(0, count).Select(i => new Thread(() => Guarded(work, i)) { IsBackground = true }).ToArray();
            Array.ForEach(threads, t => t.Start());
        }

        public void Join()
        {
            foreach (Thread thread in threads)
            {
                Check.True(thread.Join(TimeSpan.FromMinutes(2)), "a thread did not end in two minutes");
            }

            if (failure is not null)
            {
                throw new InvalidOperationException("on another thread", failure);
            }
        }

        private void Guarded(Action<int> work, int index)
        {
            try
            {
                work(index);
            }
#pragma warning disable CA1031 // It is thrown again by Join.
            catch (Exception e)
#pragma warning restore CA1031
            {
                failure ??= e;
            }
        }
    }
}
