// SPDX-License-Identifier: Apache-2.0
using System;
using System.Linq;
using System.Runtime.InteropServices;
using System.Threading;
using KleidiSharp.Interop;
using static KleidiSharp.Interop.NativeMethods;

namespace KleidiSharp.Mono.Tests;

/// <summary>Teams of threads of this runtime, while its garbage collector stops and moves what it can.</summary>
internal static unsafe class TeamChecks
{
    private const int Calls = 60;

    /// <summary>
    /// Two callers, one with a single row and one with several, share one team, one at a time getting it; every result has
    /// the same bits. Where the CPU has SME, its kernels run, so that the collector's signals meet streaming mode.
    /// </summary>
    public static void UnderGarbageCollection(ks_format format)
    {
        const int Workers = 2;
        int[] rows = [1, 9];
        var weights = new Weights(format, 200, 256, 64, seed: 11);
        using AlignedBuffer blob = MatMulChecks.PackForHere(weights);
        bool sme = Enumerable.Range(0, ks_kernel_count()).Select(LibraryChecks.Kernel).Any(
            kernel => kernel.format == (int)format && kernel.supported == 1 && IsSme(kernel));
        float[][] x = Array.ConvertAll(rows, m => Weights.Draw(new Random(12), m * weights.K));
        float[][] expected = rows.Select((m, i) => Expected.MatMul(weights, x[i], m, -1, 1)).ToArray();

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
        var callers = new Crew(rows.Length, caller =>
        {
            for (int call = 0; call < Calls; call++)
            {
                float[] y = MatMulChecks.Run(weights, blob, x[caller], rows[caller], -1, 1, -1, (ks_team*)team, out int used);
                Check.SameBits(expected[caller], y, $"caller {caller}, call {call}");
                Check.True(IsSme(LibraryChecks.Kernel(used)) == sme, $"kernel {used} ran");
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

    /// <summary>Every task of this runtime's runs once, whichever thread takes it.</summary>
    public static void Tasks()
    {
        const int Count = 200;
        using var memory = new AlignedBuffer(Check.Call(ks_team_size(1)));
        Check.Ok(ks_team_init(memory.Pointer, memory.Size, 1));
        IntPtr team = (IntPtr)memory.Pointer;
        var worker = new Crew(1, _ => Check.Ok(ks_team_work((ks_team*)team)));
        int[] runs = new int[Count];
        Task task = (_, index) => Interlocked.Increment(ref runs[index]);
        IntPtr address = Marshal.GetFunctionPointerForDelegate(task);
        Check.Ok(ks_team_run(team, Count, address, IntPtr.Zero));
        Check.True(runs.All(count => count == 1), "a task did not run once");
        Check.Fails(ks_status.KS_ERROR_VALUE, "tasks", ks_team_run(team, -1, address, IntPtr.Zero));
        GC.KeepAlive(task);
        Check.Ok(ks_team_stop((ks_team*)team));
        worker.Join();
    }

    public static void BadTeams()
    {
        Check.True(Check.Call(ks_team_size(0)) == 0 && Check.Call(ks_team_size(1024)) == 0, "a size for 0 or 1024 workers");
        using var memory = new AlignedBuffer(Check.Call(ks_team_size(1)));
        Check.Fails(ks_status.KS_ERROR_BUFFER_SIZE, "memory", ks_team_init(memory.Pointer, memory.Size - 1, 1));
        Check.Fails(ks_status.KS_ERROR_NULL, "team", ks_team_work(null));
        Check.Fails(ks_status.KS_ERROR_NULL, "team", ks_team_stop(null));
    }

    // As the bindings have it but for the address: Mono crashes on a method that has a function pointer for a parameter.
    [DllImport("kleidisharp", CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    private static extern int ks_team_run(IntPtr team, long tasks, IntPtr run, IntPtr context);

    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    private delegate void Task(IntPtr context, long task);

    private static bool IsSme(ks_kernel_info kernel) => (kernel.tier & KS_TIERS_ON_REQUEST) != 0;

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
