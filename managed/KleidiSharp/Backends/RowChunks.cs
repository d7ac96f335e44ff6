// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp;

/// <summary>Cuts quantising and packing in chunks that threads take; such calls are rare and long.</summary>
internal static unsafe class RowChunks
{
    private const int ChunksPerThread = 4;

    /// <summary>Quantises a group to codes and returns its scale, a bfloat16.</summary>
    public delegate ushort GroupQuantizer(ReadOnlySpan<float> weights, Span<byte> codes);

    /// <summary>
    /// Quantises every group of a matrix of <paramref name="rows"/> rows; the spans have the lengths that belong
    /// together.
    /// </summary>
    public static void ForEachGroup(
        int threads,
        ReadOnlySpan<float> weights,
        int rows,
        int groupSize,
        Span<byte> codes,
        Span<ushort> scales,
        GroupQuantizer quantize)
    {
        long groupsPerRow = scales.Length / rows;
        fixed (float* w = weights)
        fixed (byte* c = codes)
        fixed (ushort* s = scales)
        {
            // A lambda cannot hold a fixed pointer.
            float* firstWeight = w;
            byte* firstCode = c;
            ushort* firstScale = s;
            ForEach(threads, rows, 1, (begin, end) =>
            {
                for (long group = begin * groupsPerRow; group < end * groupsPerRow; group++)
                {
                    firstScale[group] = quantize(
                        new ReadOnlySpan<float>(firstWeight + (group * groupSize), groupSize),
                        new Span<byte>(firstCode + (group * groupSize / 2), groupSize / 2));
                }
            });
        }
    }

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
        Parallel.For(0, chunks, options, chunk => body(Start(chunk), Start(chunk + 1)));

        int Start(int chunk) => (int)Math.Min(count, (long)units * chunk / chunks * granularity);
    }
}
