// SPDX-License-Identifier: Apache-2.0
using System.Diagnostics;
using System.Numerics;
using System.Runtime.CompilerServices;

namespace KleidiSharp.Tool.Bench;

/// <summary>
/// How fast memory can be read here: the sum over an array that no cache holds, by every thread at once. What a
/// multiplication with one row is limited by, since it uses each weight once.
/// </summary>
internal sealed class BandwidthProbe
{
    // 1 MB: threads take blocks as they come, so that one that was interrupted does not keep the others waiting.
    private const int BlockLength = 1 << 18;

    // 64 MB: some milliseconds, as the timings that the rate is compared with.
    private const int BlocksPerMeasurement = 64;

    private readonly float[] data;
    private readonly float[] sums;
    private readonly ParallelOptions options;
    private int next;

    /// <param name="bytes">Size of the array; measurements go round in it.</param>
    /// <param name="threads">Threads that read it.</param>
    public BandwidthProbe(long bytes, int threads)
    {
        int blocks = checked((int)(bytes / sizeof(float) / BlockLength));
        data = GC.AllocateUninitializedArray<float>(blocks * BlockLength);
        Array.Fill(data, 1.0f);
        sums = new float[blocks];
        options = new ParallelOptions { MaxDegreeOfParallelism = threads };
    }

    /// <summary>Reads a part of the array once.</summary>
    /// <returns>Bytes per second.</returns>
    public double Measure()
    {
        int first = next;
        long start = Stopwatch.GetTimestamp();
        Parallel.For(0, BlocksPerMeasurement, options, i =>
        {
            int block = (first + i) % sums.Length;
            sums[block] = Sum(data.AsSpan(block * BlockLength, BlockLength));
        });
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        next = (first + BlocksPerMeasurement) % sums.Length;
        return (double)BlocksPerMeasurement * BlockLength * sizeof(float) / seconds;
    }

    // Four places are read in turn, since what the processor fetches ahead of one does not use all of the memory's rate;
    // independent sums keep the additions' latency out of the way. Optimised from the first call on.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float Sum(ReadOnlySpan<float> values)
    {
        int width = Vector<float>.Count;
        int quarter = values.Length / 4;
        ReadOnlySpan<float> first = values[..quarter];
        ReadOnlySpan<float> second = values.Slice(quarter, quarter);
        ReadOnlySpan<float> third = values.Slice(2 * quarter, quarter);
        ReadOnlySpan<float> fourth = values.Slice(3 * quarter, quarter);
        Vector<float> a = default, b = default, c = default, d = default;
        Vector<float> e = default, f = default, g = default, h = default;
        for (int i = 0; i <= quarter - (2 * width); i += 2 * width)
        {
            a += new Vector<float>(first[i..]);
            b += new Vector<float>(first[(i + width)..]);
            c += new Vector<float>(second[i..]);
            d += new Vector<float>(second[(i + width)..]);
            e += new Vector<float>(third[i..]);
            f += new Vector<float>(third[(i + width)..]);
            g += new Vector<float>(fourth[i..]);
            h += new Vector<float>(fourth[(i + width)..]);
        }

        return Vector.Sum(a + b + c + d + (e + f + g + h));
    }
}
