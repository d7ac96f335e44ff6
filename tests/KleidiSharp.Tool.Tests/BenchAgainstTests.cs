// SPDX-License-Identifier: Apache-2.0
using System.Text.Json;
using System.Text.RegularExpressions;
using KleidiSharp.Tool.Bench;

namespace KleidiSharp.Tool.Tests;

public class BenchAgainstTests
{
    private static readonly string[] Calls = ["1 2048 512", "3 2048 512", "1 1024 640", "3 1024 640"];

    [SkippableFact]
    public void Peers_are_run_in_each_round_for_each_layer_and_number_of_rows()
    {
        Skip.If(OperatingSystem.IsWindows(), "the fake peer is a shell script");
        using var first = new FakePeer(
            "echo $1 $2 $3 $4 $5 >> calls; echo not the last line 3; echo '{\"name\": \"fake 7\", \"us\": 1.5e6}'");
        using var second = new FakePeer("echo noise >&2; echo median of 9: 500000.0 us; echo");

        var run = ToolRun.Of(
            "bench", "--quick", "--rows", "1,3", "--shapes", "2048x512,1024x640", "--threads", "1", "--json",
            "--against", first.Command, "--against", second.Command);

        Assert.Equal(CommandLine.Success, run.ExitCode);
        JsonElement json = run.Json();
        long bytes = json.GetProperty("method").GetProperty("rotatedBytes").GetInt64();
        Assert.Equal(
            Calls.SelectMany(call => Enumerable.Repeat($"{call} 1 {bytes}", 3)),
            first.Lines("calls"));
        Assert.Empty(json.GetProperty("model").EnumerateArray());
        Assert.Equal(
            ["2048x512|512|2048", "1024x640|640|1024"],
            json.GetProperty("layers").EnumerateArray().Select(
                l => $"{l.GetProperty("name")}|{l.GetProperty("outFeatures")}|{l.GetProperty("inFeatures")}"));
        IEnumerable<JsonElement> layers = json.GetProperty("layers").EnumerateArray();
        foreach (JsonElement times in layers.SelectMany(layer => layer.GetProperty("rows").EnumerateArray()))
        {
            JsonElement[] peers = [.. times.GetProperty("peers").EnumerateArray()];
            Assert.Equal([first.Command, second.Command], peers.Select(p => p.GetProperty("command").GetString()));
            Assert.Equal([1_500_000.0, 500_000.0], peers.Select(p => p.GetProperty("microseconds").GetDouble()));
            Assert.All(peers, p => Assert.Equal("sh", p.GetProperty("peer").GetString()));
            Assert.All(peers, p => Assert.Equal(3, p.GetProperty("rounds").GetInt32()));
            Assert.All(peers, p => Assert.Equal(
                1,
                p.GetProperty("microseconds").GetDouble() / p.GetProperty("int4Microseconds").GetDouble()
                    / p.GetProperty("speedUp").GetDouble(),
                0.01));
        }
    }

    [SkippableFact]
    public void The_table_has_the_peer_and_the_mean()
    {
        Skip.If(OperatingSystem.IsWindows(), "the fake peer is a shell script");
        using var peer = new FakePeer("echo 123456");
        using var slower = new FakePeer("echo 2000000");

        var run = ToolRun.Of(
            "bench", "--quick", "--rows", "2", "--shapes", "2048x512", "--against", peer.Command, "--against", slower.Command);

        Assert.Equal(CommandLine.Success, run.ExitCode);
        string[] means =
        [
            .. Regex.Matches(run.Output, @"m = 2 against sh: geometric mean of the speed-ups ([\d.]+)\n")
                .Select(match => match.Groups[1].Value),
        ];
        Assert.Equal(2, means.Length);
        Assert.Contains(
            $"m = 2 against the fastest peer of each layer: speed-ups {means[0]} to {means[0]}, geometric mean {means[0]}\n",
            run.Output,
            StringComparison.Ordinal);
        Assert.Matches(@"\n +2048x512 +512 × 2048 +\d+ +123456 +\d", run.Output);
        Assert.DoesNotContain("Llama", run.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("whole model", run.Output, StringComparison.Ordinal);
    }

    [SkippableTheory]
    [InlineData("echo one >&2; echo two >&2; exit 3", "exit code 3", "1 2048 512 ", "\n  one", "\n  two")]
    [InlineData("for i in 1 2 3 4 5 6 7; do echo line $i >&2; done; exit 1", "exit code 1", "\n  line 3\n  line 4\n")]
    [InlineData("echo 12; echo done; echo why >&2", "not with 'done'", "\n  why")]
    [InlineData("echo -12", "not with '-12'")]
    [InlineData("echo '{\"us\": \"fast\"}'", "not with '{\"us\": \"fast\"}'")]
    [InlineData("true", "not with ''")]
    public void A_peer_that_fails_is_reported_with_what_it_said(string script, params string[] said)
    {
        Skip.If(OperatingSystem.IsWindows(), "the fake peer is a shell script");
        using var peer = new FakePeer(script);

        var run = ToolRun.Of("bench", "--quick", "--rows", "1", "--shapes", "2048x512", "--against", peer.Command);

        Assert.Equal(CommandLine.Failure, run.ExitCode);
        Assert.Equal("", run.Output);
        Assert.All(said, text => Assert.Contains(text, run.Error, StringComparison.Ordinal));
        Assert.DoesNotContain("line 2", run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_peer_that_is_not_there_is_named()
    {
        var run = ToolRun.Of(
            "bench", "--quick", "--rows", "1", "--shapes", "2048x512", "--against", "/no/such/peer {m} {k} {n}");

        Assert.Equal(CommandLine.Failure, run.ExitCode);
        Assert.Contains("could not be started: /no/such/peer", run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("17.5", 17.5)]
    [InlineData("9 times, median 17.5 us", 17.5)]
    [InlineData("m 1, int4, us=1.75e+01", 17.5)]
    [InlineData("{\"us\": 17.5, \"m\": 1}", 17.5)]
    [InlineData("17.5us", null)]
    [InlineData("int4", null)]
    [InlineData("{\"us\": ", null)]
    [InlineData("{\"ms\": 1}", null)]
    [InlineData("", null)]
    public void The_time_is_the_last_number_of_the_last_line(string line, double? microseconds) =>
        Assert.Equal(microseconds, LayerPeer.Microseconds(line));

    [Fact]
    public void Ratios_are_of_the_rounds_and_times_of_the_whole_layer()
    {
        var clock = new ManualClock();
        double slowness = 1;
        var times = PeerTimes.Measure(
            new LayerPeer("dir/peer.sh {m} {k} {n}"),
            () => clock.Advance(0.1 * slowness),
            () =>
            {
                double seconds = 0.3 * slowness;
                slowness *= 2;
                return seconds;
            },
            scale: 2,
            rounds: 5,
            clock);

        Assert.Equal("peer", times.Peer);
        Assert.Equal(5, times.Rounds);
        Assert.Equal(0.1e6 * 4 * 2, times.Int4Microseconds, 1);
        Assert.Equal(0.3e6 * 4 * 2, times.Microseconds, 1);
        Assert.Equal(3, times.SpeedUp, 1e-6);
        Assert.Equal(3, times.SpeedUpLowerQuartile, 1e-6);
        Assert.Equal(3, times.SpeedUpUpperQuartile, 1e-6);
    }
}
