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

    // Eight independent sums keep the additions' latency out of the way of the loads; optimised from the first call on.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float Sum(ReadOnlySpan<float> values)
    {
        int width = Vector<float>.Count;
        Vector<float> a = default, b = default, c = default, d = default;
        Vector<float> e = default, f = default, g = default, h = default;
        while (values.Length >= 8 * width)
        {
            a += new Vector<float>(values);
            b += new Vector<float>(values[width..]);
            c += new Vector<float>(values[(2 * width)..]);
            d += new Vector<float>(values[(3 * width)..]);
            e += new Vector<float>(values[(4 * width)..]);
            f += new Vector<float>(values[(5 * width)..]);
            g += new Vector<float>(values[(6 * width)..]);
            h += new Vector<float>(values[(7 * width)..]);
            values = values[(8 * width)..];
        }
        return Vector.Sum(a + b + c + d + (e + f + g + h));
    }
}
