// SPDX-License-Identifier: Apache-2.0
using System.Runtime.ExceptionServices;

namespace KleidiSharp;

/// <summary>Cuts quantising and packing in chunks that threads take; such calls are rare and long.</summary>
internal static class RowChunks
{
    private const int ChunksPerThread = 4;

    /// <summary>
    /// Runs <paramref name="body"/> for ranges that cover 0..count and begin at multiples of <paramref
    /// name="granularity"/>.
    /// </summary>
    public static void ForEach(int threads, int count, int granularity, Action<int, int> body)
    {
        int units = (int)((count + (granularity - 1L)) / granularity);
        int chunks = Math.Min(units, threads == 1 ? 1 : threads * ChunksPerThread);
        if (chunks == 1)
        {
            body(0, count);
            return;
        }

        var options = new ParallelOptions { MaxDegreeOfParallelism = threads };
        try
        {
            Parallel.For(0, chunks, options, chunk => body(Start(chunk), Start(chunk + 1)));
        }
        catch (AggregateException e)
        {
            // As one thread alone would have thrown it.
            ExceptionDispatchInfo.Throw(e.InnerExceptions[0]);
        }

        int Start(int chunk) => (int)Math.Min(count, (long)units * chunk / chunks * granularity);
    }
}
