// SPDX-License-Identifier: Apache-2.0
using System.Diagnostics;
using System.Numerics;

namespace KleidiSharp.Tool.Bench;

/// <summary>
/// How fast memory can be read here: the sum over an array that no cache holds, by every thread at once. What a
/// multiplication with one row is limited by, since it uses each weight once.
/// </summary>
internal sealed class BandwidthProbe
{
    private readonly float[] data;
    private readonly ParallelOptions options;
    private readonly float[] sums;

    /// <param name="bytes">Size of the array.</param>
    /// <param name="threads">Threads that read it.</param>
    public BandwidthProbe(long bytes, int threads)
    {
        data = GC.AllocateUninitializedArray<float>(checked((int)(bytes / sizeof(float))));
        Array.Fill(data, 1.0f);
        options = new ParallelOptions { MaxDegreeOfParallelism = threads };
        sums = new float[threads];
    }

    /// <summary>Reads the array once.</summary>
    /// <returns>Bytes per second.</returns>
    public double Measure()
    {
        int slice = data.Length / sums.Length;
        long start = Stopwatch.GetTimestamp();
        Parallel.For(0, sums.Length, options, i => sums[i] = Sum(data.AsSpan(i * slice, slice)));
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        return (double)slice * sums.Length * sizeof(float) / seconds;
    }

    // Eight independent sums keep the additions' latency out of the way of the loads.
    private static float Sum(ReadOnlySpan<float> values)
    {
        int width = Vector<float>.Count;
        Vector<float> a = default, b = default, c = default, d = default, e = default, f = default, g = default, h = default;
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
