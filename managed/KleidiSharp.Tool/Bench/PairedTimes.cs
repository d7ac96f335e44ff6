// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp.Tool.Bench;

/// <summary>
/// Seconds per call of two ways to do the same, and the read bandwidth of the moment, taken turn by turn: what else the
/// machine does then disturbs all of them alike, and ratios within a turn mean more than ratios of averages.
/// </summary>
internal sealed class PairedTimes
{
    // One timing lasts at least this long, so that neither the clock nor one interruption decides it.
    private const double ShortestTiming = 0.003;

    private readonly List<(double Int4, double F32, double Bandwidth)> runs = [];

    /// <summary>Turns that were taken.</summary>
    public int Runs => runs.Count;

    /// <summary>Median seconds of one int4 call.</summary>
    public double Int4 => Median(r => r.Int4);

    /// <summary>Median seconds of one f32 call.</summary>
    public double F32 => Median(r => r.F32);

    /// <summary>Median of the turns' f32 time over int4 time.</summary>
    public double SpeedUp => Median(r => r.F32 / r.Int4);

    /// <summary>A quarter of the turns' ratios are below this.</summary>
    public double SpeedUpLowerQuartile => Quantile(r => r.F32 / r.Int4, 0.25);

    /// <summary>A quarter of the turns' ratios are above this.</summary>
    public double SpeedUpUpperQuartile => Quantile(r => r.F32 / r.Int4, 0.75);

    /// <summary>Median bytes per second of the probe.</summary>
    public double Bandwidth => Median(r => r.Bandwidth);

    /// <summary>
    /// Median of the turns' rate of reading <paramref name="bytes"/> per int4 call over the probe's rate.
    /// </summary>
    public double Int4ShareOfBandwidth(long bytes) => Median(r => bytes / r.Int4 / r.Bandwidth);

    /// <summary>Takes turns within <paramref name="limits"/>.</summary>
    /// <param name="int4">One call.</param>
    /// <param name="f32">One call.</param>
    /// <param name="probe">Reads memory once and returns bytes per second.</param>
    /// <param name="limits">How many turns to take.</param>
    /// <param name="clock">Tells the time.</param>
    public static PairedTimes Measure(Action int4, Action f32, Func<double> probe, RunLimits limits, TimeProvider clock)
    {
        int int4Calls = CallsPerTiming(int4, clock);
        int f32Calls = CallsPerTiming(f32, clock);
        var result = new PairedTimes();
        long start = clock.GetTimestamp();
        while (result.Runs < limits.Fewest
            || (result.Runs < limits.Most && clock.GetElapsedTime(start) < limits.Budget))
        {
            // Who comes first changes from turn to turn.
            double first = result.Runs % 2 == 0 ? Time(int4, int4Calls, clock) : Time(f32, f32Calls, clock);
            double second = result.Runs % 2 == 0 ? Time(f32, f32Calls, clock) : Time(int4, int4Calls, clock);
            result.runs.Add(result.Runs % 2 == 0 ? (first, second, probe()) : (second, first, probe()));
        }
        return result;
    }

    private static int CallsPerTiming(Action action, TimeProvider clock)
    {
        action();
        int calls = 1;
        while (Time(action, calls, clock) * calls < ShortestTiming)
        {
            calls *= 2;
        }
        return calls;
    }

    private static double Time(Action action, int calls, TimeProvider clock)
    {
        long start = clock.GetTimestamp();
        for (int i = 0; i < calls; i++)
        {
            action();
        }
        return clock.GetElapsedTime(start).TotalSeconds / calls;
    }

    private double Median(Func<(double Int4, double F32, double Bandwidth), double> value) => Quantile(value, 0.5);

    // Between two turns it is on the line from one to the other.
    private double Quantile(Func<(double Int4, double F32, double Bandwidth), double> value, double share)
    {
        double[] sorted = [.. runs.Select(value).Order()];
        double position = share * (sorted.Length - 1);
        int below = (int)position;
        int above = Math.Min(below + 1, sorted.Length - 1);
        return sorted[below] + ((position - below) * (sorted[above] - sorted[below]));
    }
}
