// SPDX-License-Identifier: Apache-2.0
#if KLEIDISHARP_TRACK_HANDLES
namespace KleidiSharp.Tests.Lifetime;

/// <summary>Compares the native memory of the library and of the process before and after.</summary>
internal static class NativeMemoryCheck
{
    private const int WarmUp = 500, CollectEvery = 100;
    private const long MostGrowth = 8 << 20;

    /// <summary>
    /// Runs cycles, with the heap compacted after every hundredth: handles and bytes must be exactly as many as before,
    /// none may have reached the finalizer, and no more than 8 MB may have become resident.
    /// </summary>
    public static void StaysLevel(int cycles, Action cycle)
    {
        Run(WarmUp, cycle);
        (long Handles, long Bytes) before = HandleLedger.Live;
        long resident = ResidentBytes();
        Run(cycles, cycle);
        Assert.Equal(before, HandleLedger.Live);
        FinalizedHandles.Expect();
        long growth = ResidentBytes() - resident;
        Assert.True(growth < MostGrowth, $"{growth} bytes more are resident after {cycles} cycles");
    }

    private static void Run(int cycles, Action cycle)
    {
        for (int i = 1; i <= cycles; i++)
        {
            cycle();
            if (i % CollectEvery == 0)
            {
                FinalizedHandles.Collect();
            }
        }
    }

    private static long ResidentBytes() =>
        long.Parse(File.ReadAllText("/proc/self/statm").Split(' ')[1]) * Environment.SystemPageSize;
}
#endif
