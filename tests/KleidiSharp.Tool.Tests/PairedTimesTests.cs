// SPDX-License-Identifier: Apache-2.0
using KleidiSharp.Tool.Bench;

namespace KleidiSharp.Tool.Tests;

public class PairedTimesTests
{
    private readonly ManualClock clock = new();

    [Fact]
    public void Medians_are_per_call_and_ratios_are_of_the_turns()
    {
        // The machine gets slower and slower: ratios within a turn do not suffer from it.
        double slowness = 1;
        var times = PairedTimes.Measure(
            () => clock.Advance(0.004 * slowness),
            () => clock.Advance(0.012 * slowness),
            () =>
            {
                slowness *= 2;
                return new Ceilings(1e9, 4e9, 2e9);
            },
            new RunLimits(3, 5, TimeSpan.FromSeconds(30)),
            clock);

        Assert.Equal(5, times.Runs);
        Assert.Equal(0.004 * 4, times.Int4, 1e-6);
        Assert.Equal(0.012 * 4, times.F32, 1e-6);
        Assert.Equal(3, times.SpeedUp, 1e-6);
        Assert.Equal(new Ceilings(1e9, 4e9, 2e9), times.Ceilings);
        Assert.Equal(0.25, times.Int4ShareOfBandwidth(4_000_000), 1e-6);
        Assert.Equal(0.125, times.Int4ShareOfPeak(8_000_000), 1e-6);
        Assert.Equal(1.0 / 12, times.F32ShareOfPeak(8_000_000), 1e-6);
    }

    [Fact]
    public void Quartiles_are_of_the_ratios()
    {
        double turn = 0;
        var times = PairedTimes.Measure(
            () => clock.Advance(0.01),
            () => clock.Advance(0.01 * (1 + turn)),
            () =>
            {
                turn++;
                return default;
            },
            new RunLimits(5, 5, TimeSpan.Zero),
            clock);

        Assert.Equal(2, times.SpeedUpLowerQuartile, 1e-6);
        Assert.Equal(3, times.SpeedUp, 1e-6);
        Assert.Equal(4, times.SpeedUpUpperQuartile, 1e-6);
    }

    [Fact]
    public void Short_calls_are_timed_many_at_once()
    {
        int calls = 0;
        var times = PairedTimes.Measure(
            () =>
            {
                calls++;
                clock.Advance(0.0001);
            },
            () => clock.Advance(0.1),
            () => default,
            new RunLimits(1, 1, TimeSpan.Zero),
            clock);

        Assert.Equal(0.0001, times.Int4, 1e-7);
        Assert.InRange(calls, 30, 200);
    }

    [Fact]
    public void The_fewest_runs_are_made_whatever_the_budget_and_none_begins_after_it()
    {
        Assert.Equal(3, Runs(TimeSpan.Zero));
        Assert.Equal(10, Runs(TimeSpan.FromSeconds(1.99)));
        Assert.Equal(100, Runs(TimeSpan.FromSeconds(1000)));

        int Runs(TimeSpan budget) => PairedTimes.Measure(
            () => clock.Advance(0.1), () => clock.Advance(0.1), () => default, new RunLimits(3, 100, budget), clock).Runs;
    }
}
