// SPDX-License-Identifier: Apache-2.0
using System.Diagnostics;
using KleidiSharp.Tool.Bench;

namespace KleidiSharp.Tool.Tests;

public class PairedTimesTests
{
    [Fact]
    public void Ratios_and_medians_are_of_what_was_timed()
    {
        var times = PairedTimes.Measure(() => Wait(0.004), () => Wait(0.012), () => 1e9, new RunLimits(3, 5, TimeSpan.FromSeconds(30)));

        Assert.Equal(5, times.Runs);
        Assert.InRange(times.Int4, 0.004, 0.4);
        Assert.InRange(times.F32, 0.012, 1.2);
        Assert.InRange(times.SpeedUp, 1.5, 6);
        Assert.Equal(1e9, times.Bandwidth);
        Assert.InRange(times.Int4ShareOfBandwidth(4_000_000), 0.01, 1);
    }

    [Fact]
    public void The_fewest_runs_are_made_whatever_the_budget()
    {
        var times = PairedTimes.Measure(() => Wait(0.004), () => Wait(0.004), () => 1, new RunLimits(3, 100, TimeSpan.Zero));

        Assert.Equal(3, times.Runs);
    }

    private static void Wait(double seconds)
    {
        long start = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(start).TotalSeconds < seconds)
        {
        }
    }
}
