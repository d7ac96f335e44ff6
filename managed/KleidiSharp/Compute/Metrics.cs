// SPDX-License-Identifier: Apache-2.0
using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace KleidiSharp;

/// <summary>
/// What the meter "KleidiSharp" reports, tagged with the kind of the weights; where nobody listens, nothing is measured.
/// </summary>
internal static class Metrics
{
    private static readonly Meter s_meter = new("KleidiSharp");

    private static readonly Histogram<double> s_matMulDuration = s_meter.CreateHistogram<double>(
        "kleidisharp.matmul.duration", "s", "Time of a multiplication by packed weights.");

    private static readonly Counter<long> s_packedSize = s_meter.CreateCounter<long>(
        "kleidisharp.packed.size", "By", "Bytes of packed weights that were made.");

    /// <summary>The time now, or 0 where nobody listens.</summary>
    public static long StartMatMul() => s_matMulDuration.Enabled ? Stopwatch.GetTimestamp() : 0;

    /// <param name="start">What <see cref="StartMatMul"/> returned.</param>
    /// <param name="format">The weights.</param>
    public static void EndMatMul(long start, WeightFormat format)
    {
        if (start != 0)
        {
            s_matMulDuration.Record(Stopwatch.GetElapsedTime(start).TotalSeconds, Weights(format));
        }
    }

    public static void Packed(long bytes, WeightFormat format) => s_packedSize.Add(bytes, Weights(format));

    private static KeyValuePair<string, object?> Weights(WeightFormat format) =>
        new("kleidisharp.weights", format.Traits.Name);
}
