// SPDX-License-Identifier: Apache-2.0
using System.Text.Json;
using KleidiSharp.Tool.Bench;

namespace KleidiSharp.Tool.Tests;

public class BenchModelCommandTests
{
    private const string PeerArguments = "'{model}' {threads} {prompt} {tokens}";

    [Fact]
    public void Json_holds_each_format_with_its_rates_and_ratios_of_the_rounds()
    {
        using TemporaryFile file = new TinyLlama { ContextLength = 12 }.ToFile(changeKeys: keys => keys["general.name"] = "tiny");

        var run = ToolRun.Of(
            "bench-model", file.Name, "--weights", "q4_0,int4,f32", "--prompt", "12", "--tokens", "5", "--quick", "--threads", "1",
            "--json");

        Assert.Equal(CommandLine.Success, run.ExitCode);
        JsonElement json = run.Json();
        Assert.Equal("tiny", json.GetProperty("name").GetString());
        Assert.Equal(Path.GetFileName(file.Name), json.GetProperty("file").GetString());
        long length = new FileInfo(file.Name).Length;
        Assert.Equal(length, json.GetProperty("fileBytes").GetInt64());
        Assert.Equal(1, json.GetProperty("machine").GetProperty("threads").GetInt32());
        JsonElement method = json.GetProperty("method");
        Assert.Equal(
            (12, 5, 3),
            (method.GetProperty("prompt").GetInt32(), method.GetProperty("tokens").GetInt32(), method.GetProperty("rounds").GetInt32()));
        Assert.Equal(JsonValueKind.Null, json.GetProperty("memory").ValueKind);
        Assert.Empty(json.GetProperty("peers").EnumerateArray());

        JsonElement[] formats = [.. json.GetProperty("formats").EnumerateArray()];
        Assert.Equal(["q4_0", "int4/32", "f32"], formats.Select(format => format.GetProperty("format").GetString()));
        foreach (JsonElement format in formats)
        {
            double seconds = format.GetProperty("loadSeconds").GetDouble();
            Assert.Equal(1, format.GetProperty("loadGigabytesPerSecond").GetDouble() * seconds * 1e9 / length, 1e-9);
            long bytes = format.GetProperty("weightBytes").GetInt64();
            Assert.Equal(bytes, format.GetProperty("layers").EnumerateArray().Sum(layer => layer.GetProperty("bytes").GetInt64()));
            CheckRates(formats[0], format, "prefill");
            double decode = CheckRates(formats[0], format, "decode");
            Assert.Equal(decode * bytes / 1e9, format.GetProperty("decodeGigabytesPerSecond").GetDouble(), 1e-9);
        }

        Assert.Equal(
            ["blk.0.ffn_down.weight", "blk.1.ffn_down.weight"],
            formats[0].GetProperty("fallbacks").EnumerateArray().Select(layer => layer.GetProperty("tensor").GetString()));
        Assert.True(formats[0].GetProperty("weightBytes").GetInt64() < formats[2].GetProperty("weightBytes").GetInt64());
    }

    [Fact]
    public void A_single_format_is_measured_with_the_memory_of_the_process()
    {
        using TemporaryFile file = new TinyLlama().ToFile();
        string[] arguments = ["bench-model", file.Name, "--prompt", "7", "--tokens", "3", "--group", "32", "--rounds", "2"];

        JsonElement json = ToolRun.Of([.. arguments, "--json"]).Json();
        var text = ToolRun.Of(arguments);

        JsonElement format = Assert.Single(json.GetProperty("formats").EnumerateArray());
        Assert.Equal("int4/32", format.GetProperty("format").GetString());
        Assert.Equal(2, json.GetProperty("method").GetProperty("rounds").GetInt32());
        Assert.InRange(json.GetProperty("memory").GetProperty("residentBytes").GetInt64(), 1 << 20, 1L << 40);
        Assert.Equal(CommandLine.Success, text.ExitCode);
        Assert.Matches(@"\n  weights +load s +GB/s of file +packed\n  int4/32 +[\d.]+ +[\d.]+ +[\d.]+ KB\n", text.Output);
        Assert.Contains("\nresident memory after a prompt: ", text.Output, StringComparison.Ordinal);
        Assert.Contains("Prefill passes 7 tokens through the model at once, decode 3 tokens one by one", text.Output,
            StringComparison.Ordinal);
    }

    [SkippableFact]
    public void Peers_are_run_once_per_round_after_the_formats()
    {
        Skip.If(OperatingSystem.IsWindows(), "the fake peer is a shell script");
        using TemporaryFile file = new TinyLlama().ToFile();
        using var first = new FakePeer(
            "echo \"$*\" >> calls; echo 5; echo '{\"prefill\": 1e6, \"decode\": '$(wc -l < calls)'}'; echo", PeerArguments);
        using var second = new FakePeer("echo noise >&2; echo '{\"decode\": 0.5, \"prefill\": 0.25}'", PeerArguments);

        var run = ToolRun.Of(
            "bench-model", file.Name, "--weights", "f32,int4", "--prompt", "7", "--tokens", "3", "--rounds", "3", "--threads", "1",
            "--against", first.Command, "--against", second.Command, "--json");

        Assert.Equal(CommandLine.Success, run.ExitCode);
        Assert.Equal(Enumerable.Repeat($"{Path.GetFullPath(file.Name)} 1 7 3", 3), first.Lines("calls"));
        JsonElement json = run.Json();
        JsonElement format = json.GetProperty("formats")[0];
        JsonElement[] peers = [.. json.GetProperty("peers").EnumerateArray()];
        Assert.Equal([first.Command, second.Command], peers.Select(peer => peer.GetProperty("command").GetString()));
        Assert.All(peers, peer => Assert.Equal("sh", peer.GetProperty("peer").GetString()));
        Assert.All(peers, peer => CheckRates(format, peer, "prefill"));
        Assert.Equal([2.0, 0.5], peers.Select(peer => CheckRates(format, peer, "decode")));
        Assert.Equal([1.0, 2, 3], Rounds(peers[0], "decode"));
    }

    [SkippableFact]
    public void The_table_has_formats_and_peers()
    {
        Skip.If(OperatingSystem.IsWindows(), "the fake peer is a shell script");
        using TemporaryFile file = new TinyLlama().ToFile();
        using var peer = new FakePeer("echo '{\"decode\": 0.5, \"prefill\": 0.25}'", PeerArguments);

        var run = ToolRun.Of(
            "bench-model", file.Name, "--weights", "int4,f32", "--prompt", "7", "--tokens", "3", "--quick", "--against", peer.Command);

        Assert.Equal(CommandLine.Success, run.ExitCode);
        const string Ratio = @"\d+\.\d\d \(\d+\.\d\d\.\.\d+\.\d\d\)";
        Assert.Matches(@"\n  int4/32 +\d+\.\d +\d+\.\d +\d+\.\d\d\n", run.Output);
        Assert.Matches($@"\n  f32 +\d+\.\d +\d+\.\d +\d+\.\d\d +{Ratio} +{Ratio}\n", run.Output);
        Assert.Matches($@"\n  sh +0\.[23] +0\.5 +{Ratio} +{Ratio}\n", run.Output);
        Assert.Contains("prefill: int4/32 over it (quartiles)", run.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("resident memory", run.Output, StringComparison.Ordinal);
    }

    [SkippableTheory]
    [InlineData("echo one >&2; echo two >&2; exit 3", "exit code 3", " 7 3", "\n  one", "\n  two")]
    [InlineData("echo '{\"prefill\": 3}'; echo why >&2", "not with '{\"prefill\": 3}'", "\"prefill\" and \"decode\"", "\n  why")]
    [InlineData("echo '{\"prefill\": 3, \"decode\": 1}'; echo done", "not with 'done'")]
    public void A_peer_that_fails_is_reported_with_what_it_said(string script, params string[] said)
    {
        Skip.If(OperatingSystem.IsWindows(), "the fake peer is a shell script");
        using TemporaryFile file = new TinyLlama().ToFile();
        using var peer = new FakePeer(script, PeerArguments);

        var run = ToolRun.Of(
            "bench-model", file.Name, "--prompt", "7", "--tokens", "3", "--quick", "--against", peer.Command);

        Assert.Equal(CommandLine.Failure, run.ExitCode);
        Assert.Equal("", run.Output);
        Assert.All(said, text => Assert.Contains(text, run.Error, StringComparison.Ordinal));
        Assert.DoesNotContain("   at ", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void What_the_context_does_not_hold_is_named()
    {
        using TemporaryFile file =
            new TinyLlama { ContextLength = 12 }.ToFile(changeKeys: keys => keys["general.name"] = "tiny");

        string prompt = ToolRun.Of("bench-model", file.Name, "--prompt", "13", "--tokens", "12").FailureLine();
        string tokens = ToolRun.Of("bench-model", file.Name, "--prompt", "12", "--tokens", "13").FailureLine();
        string missing = ToolRun.Of("bench-model", "no-such-model.gguf").FailureLine();

        Assert.Contains("--prompt 13 is too much: the context of the model 'tiny' holds 12 tokens", prompt, StringComparison.Ordinal);
        Assert.Contains("--tokens 13 is too much: the context of the model 'tiny' holds 12 tokens", tokens, StringComparison.Ordinal);
        Assert.Contains("no-such-model.gguf", missing, StringComparison.Ordinal);
    }

    [Fact]
    public void A_packed_cache_is_written_and_mapped()
    {
        using TemporaryFile file = new TinyLlama().ToFile();
        string folder = Directory.CreateTempSubdirectory("kleidisharp-").FullName;

        var run = ToolRun.Of(
            "bench-model", file.Name, "--weights", "int4,f32", "--prompt", "3", "--tokens", "2", "--rounds", "1",
            "--packed-cache", folder);

        Assert.Equal(CommandLine.Success, run.ExitCode);
        Assert.Equal(2, Directory.GetFiles(folder).Length);
        Directory.Delete(folder, recursive: true);
    }

    // Checks that the median and the ratios to the first are those of the rounds, and gives the median.
    private static double CheckRates(JsonElement first, JsonElement other, string way)
    {
        double[] rounds = Rounds(other, way);
        Assert.All(rounds, rate => Assert.InRange(rate, 0.001, 1e9));
        JsonElement report = other.GetProperty(way);
        Assert.Equal(Statistics.Median(rounds), report.GetProperty("tokensPerSecond").GetDouble(), 1e-9);
        JsonElement ratio = report.GetProperty("firstOverThis");
        if (first.Equals(other))
        {
            Assert.Equal(JsonValueKind.Null, ratio.ValueKind);
        }
        else
        {
            double[] ratios = [.. Rounds(first, way).Zip(rounds, (a, b) => a / b)];
            Assert.Equal(Statistics.Median(ratios), ratio.GetProperty("median").GetDouble(), 1e-9);
            Assert.Equal(Statistics.Quantile(ratios, 0.25), ratio.GetProperty("lowerQuartile").GetDouble(), 1e-9);
            Assert.Equal(Statistics.Quantile(ratios, 0.75), ratio.GetProperty("upperQuartile").GetDouble(), 1e-9);
        }

        return report.GetProperty("tokensPerSecond").GetDouble();
    }

    private static double[] Rounds(JsonElement contender, string way) =>
        [.. contender.GetProperty(way).GetProperty("rounds").EnumerateArray().Select(rate => rate.GetDouble())];
}
