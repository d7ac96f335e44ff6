// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp.Tool.Bench;

/// <summary>
/// Seconds per call of two ways to do the same, and what the machine can do at the moment, taken turn by turn: what else
/// it does then disturbs all of them alike, and ratios within a turn mean more than ratios of averages.
/// </summary>
internal sealed class PairedTimes
{
    private const double ShortestTiming = 0.003;

    private readonly List<Turn> runs = [];

    /// <summary>Turns that were taken.</summary>
    public int Runs => runs.Count;

    /// <summary>Median seconds of one int4 call.</summary>
    public double Int4 => Median(r => r.Int4);

    /// <summary>Median seconds of one f32 call.</summary>
    public double F32 => Median(r => r.F32);

    /// <summary>Median of the turns' f32 time over int4 time.</summary>
    public double SpeedUp => Median(r => r.F32 / r.Int4);

    /// <summary>A quarter of the turns' ratios are below this.</summary>
    public double SpeedUpLowerQuartile => Statistics.Quantile(runs.Select(r => r.F32 / r.Int4), 0.25);

    /// <summary>A quarter of the turns' ratios are above this.</summary>
    public double SpeedUpUpperQuartile => Statistics.Quantile(runs.Select(r => r.F32 / r.Int4), 0.75);

    /// <summary>Medians of what the probe gave.</summary>
    public Ceilings Ceilings => new(
        Median(r => r.Ceilings.Bandwidth), Median(r => r.Ceilings.Int8), Median(r => r.Ceilings.Float32));

    /// <summary>
    /// Median of the turns' rate of reading <paramref name="bytes"/> per int4 call over the bandwidth.
    /// </summary>
    public double Int4ShareOfBandwidth(long bytes) => Median(r => bytes / r.Int4 / r.Ceilings.Bandwidth);

    /// <summary>
    /// Median of the turns' rate of doing <paramref name="operations"/> per int4 call over the peak for 8-bit integers.
    /// </summary>
    public double Int4ShareOfPeak(double operations) => Median(r => operations / r.Int4 / r.Ceilings.Int8);

    /// <summary>
    /// Median of the turns' rate of doing <paramref name="operations"/> per f32 call over the peak for floats.
    /// </summary>
    public double F32ShareOfPeak(double operations) => Median(r => operations / r.F32 / r.Ceilings.Float32);

    /// <summary>Takes turns within <paramref name="limits"/>.</summary>
    /// <param name="int4">One call.</param>
    /// <param name="f32">One call.</param>
    /// <param name="probe">Measures what the machine can do.</param>
    /// <param name="limits">How many turns to take.</param>
    /// <param name="clock">Tells the time.</param>
    public static PairedTimes Measure(Action int4, Action f32, Func<Ceilings> probe, RunLimits limits, TimeProvider clock)
    {
        var timedInt4 = new TimedCall(int4, ShortestTiming, clock);
        var timedF32 = new TimedCall(f32, ShortestTiming, clock);
        var result = new PairedTimes();
        long start = clock.GetTimestamp();
        while (result.Runs < limits.Fewest
            || (result.Runs < limits.Most && clock.GetElapsedTime(start) < limits.Budget))
        {
            // Who comes first changes from turn to turn.
            (TimedCall first, TimedCall second) =
                result.Runs % 2 == 0 ? (timedInt4, timedF32) : (timedF32, timedInt4);
            double a = first.Seconds();
            double b = second.Seconds();
            result.runs.Add(result.Runs % 2 == 0 ? new(a, b, probe()) : new(b, a, probe()));
        }
        return result;
    }

    private double Median(Func<Turn, double> value) => Statistics.Median(runs.Select(value));

    private readonly record struct Turn(double Int4, double F32, Ceilings Ceilings);
}
