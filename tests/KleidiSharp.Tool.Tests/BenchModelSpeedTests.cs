// SPDX-License-Identifier: Apache-2.0
using KleidiSharp.Models;
using KleidiSharp.Tool.BenchModel;

namespace KleidiSharp.Tool.Tests;

/// <summary>What <c>kleidi bench-model</c> makes of times that are known.</summary>
public class BenchModelSpeedTests
{
    private static readonly string[] Turns = ["0: a", "0: b", "0: c", "1: a", "1: b", "1: c"];

    [Fact]
    public void Rates_are_medians_and_ratios_are_of_the_rounds()
    {
        // The machine gets slower and slower: ratios within a round do not suffer from it.
        double speed = 64;
        SpeedRounds rounds = SpeedRounds.Take(
            [
                () => new TokenSpeed(speed, speed / 10),
                () => new TokenSpeed(speed * 3, speed / (10 * speed)),
                () =>
                {
                    var result = new TokenSpeed(speed / 2, speed / 5);
                    speed /= 2;
                    return result;
                },
            ],
            count: 5,
            (_, _) => { });

        Assert.Equal(16, rounds.Prefill(0).TokensPerSecond);
        Assert.Equal([64.0, 32, 16, 8, 4], rounds.Prefill(0).Rounds);
        Assert.Equal(1.6, rounds.Decode(0).TokensPerSecond);
        Assert.Null(rounds.Prefill(0).FirstOverThis);
        Assert.Null(rounds.Decode(0).FirstOverThis);
        Assert.Equal(48, rounds.Prefill(1).TokensPerSecond);
        Assert.Equal(new RatioReport(1.0 / 3, 1.0 / 3, 1.0 / 3), rounds.Prefill(1).FirstOverThis);
        RatioReport quartiles = rounds.Decode(1).FirstOverThis!;
        Assert.Equal(16, quartiles.Median, 1e-9);
        Assert.Equal(8, quartiles.LowerQuartile, 1e-9);
        Assert.Equal(32, quartiles.UpperQuartile, 1e-9);
        Assert.Equal(new RatioReport(2, 2, 2), rounds.Prefill(2).FirstOverThis);
        Assert.Equal(new RatioReport(0.5, 0.5, 0.5), rounds.Decode(2).FirstOverThis);
    }

    [Fact]
    public void Each_is_measured_once_in_each_round_and_announced()
    {
        var announced = new List<string>();
        var measured = new List<string>();
        SpeedRounds.Take(
            [.. "abc".Select(name => (Func<TokenSpeed>)(() =>
            {
                measured.Add($"{measured.Count / 3}: {name}");
                Assert.Equal(measured, announced);
                return new TokenSpeed(1, 1);
            }))],
            count: 2,
            (round, i) => announced.Add($"{round}: {"abc"[i]}"));

        Assert.Equal(Turns, measured);
    }

    [Fact]
    public void Each_way_is_timed_by_itself_and_begins_with_an_empty_context()
    {
        // The context holds the prompt or the tokens, not both.
        using TemporaryFile file = new TinyLlama { ContextLength = 12 }.ToFile();
        using LlamaModel model = LlamaModel.Load(file.Name);
        using var passes = new TokenPasses(model, prompt: 12, tokens: 9, new SteppingClock());

        // The clock is read before and after: the second reading comes 2 seconds after the first, the fourth 4 after the third.
        Assert.Equal(new TokenSpeed(12 / 2.0, 9 / 4.0), passes.Measure());
        Assert.Equal(new TokenSpeed(12 / 6.0, 9 / 8.0), passes.Measure());
    }

    [Theory]
    [InlineData("{\"prefill\": 17.5, \"decode\": 2, \"more\": null}", 17.5, 2.0)]
    [InlineData("{\"prefill\": 17.5}", null, null)]
    [InlineData("{\"prefill\": 17.5, \"decode\": 0}", null, null)]
    [InlineData("{\"prefill\": -1, \"decode\": 1}", null, null)]
    [InlineData("{\"prefill\": \"1\", \"decode\": 1}", null, null)]
    [InlineData("{\"prefill\": 1e999, \"decode\": 1}", null, null)]
    [InlineData("{\"prefill\": 17.5,", null, null)]
    [InlineData("[17.5, 2]", null, null)]
    [InlineData("17.5", null, null)]
    [InlineData("", null, null)]
    public void A_peer_ends_with_both_rates(string line, double? prefill, double? decode)
    {
        TokenSpeed? speed = ModelPeer.Speed(line);

        Assert.Equal((prefill, decode), (speed?.Prefill, speed?.Decode));
    }

    [Fact]
    public void Memory_is_what_the_system_says()
    {
        Assert.Equal(
            new ProcessMemory(2 * 1024, 3 * 1024),
            ProcessMemory.Parse(["Name:\tVmRSS: 7 kB", "VmHWM:\t       3 kB", "VmRSS:\t       2 kB", "Threads:\t1"]));
        Assert.Equal(new ProcessMemory(2 * 1024, null), ProcessMemory.Parse(["VmRSS:\t       2 kB"]));
        Assert.Null(ProcessMemory.Parse(["Name:\tx"]));
        ProcessMemory now = ProcessMemory.Now();
        Assert.InRange(now.ResidentBytes, 1 << 20, now.PeakResidentBytes ?? long.MaxValue);
    }
}
