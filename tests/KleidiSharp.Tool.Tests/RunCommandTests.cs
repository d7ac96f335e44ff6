// SPDX-License-Identifier: Apache-2.0
using System.Text.Json;
using KleidiSharp.Models;

namespace KleidiSharp.Tool.Tests;

public class RunCommandTests
{
    [Theory]
    [InlineData("f32", "")]
    [InlineData("f32", "abc")]
    [InlineData("int4", "abc")]
    public void Output_is_the_text_and_nothing_else(string weights, string prompt)
    {
        using TemporaryFile file = new TinyLlama().ToFile();

        var run = ToolRun.Of(
            "run", file.Name, "--prompt", prompt, "--weights", weights, "--temperature", "0", "--max-tokens", "20");

        Assert.Equal(CommandLine.Success, run.ExitCode);
        Assert.Equal(Expected(file, weights, prompt, new SamplingOptions { MaxTokens = 20 }), run.Output);
        Assert.Contains("tokens/s", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_packed_cache_gives_the_same_text()
    {
        using TemporaryFile file = new TinyLlama().ToFile();
        string folder = Directory.CreateTempSubdirectory("kleidisharp-").FullName;
        string[] drawn = ["run", file.Name, "--prompt", "abc", "--temperature", "0", "--max-tokens", "20", "--packed-cache", folder];
        string expected = Expected(file, "int4", "abc", new SamplingOptions { MaxTokens = 20 });

        Assert.Equal(expected, ToolRun.Of(drawn).Output);
        Assert.Single(Directory.GetFiles(folder));
        Assert.Equal(expected, ToolRun.Of(drawn).Output);
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public void Json_holds_the_text_and_the_figures()
    {
        using TemporaryFile file = new TinyLlama(tied: false).ToFile();

        var run = ToolRun.Of("run", file.Name, "--prompt", "abc", "--temperature", "0", "--max-tokens", "20",
            "--threads", "2", "--json");

        Assert.Equal(CommandLine.Success, run.ExitCode);
        Assert.DoesNotContain("tokens/s", run.Error, StringComparison.Ordinal);
        JsonElement json = run.Json();
        Assert.Equal(Expected(file, "int4", "abc", new SamplingOptions { MaxTokens = 20 }),
            json.GetProperty("text").GetString());
        Assert.Equal(20, json.GetProperty("generated").GetInt32());
        Assert.Equal("the limit of tokens", json.GetProperty("endedBecause").GetString());
        Assert.Equal(19, json.GetProperty("decode").GetProperty("tokens").GetInt32());
        Assert.InRange(json.GetProperty("decode").GetProperty("tokensPerSecond").GetDouble(), 1, 1e9);
        Assert.InRange(json.GetProperty("prefill").GetProperty("tokensPerSecond").GetDouble(), 0.1, 1e9);
        Assert.Equal(2, json.GetProperty("machine").GetProperty("threads").GetInt32());
        JsonElement[] layers = [.. json.GetProperty("layers").EnumerateArray()];
        Assert.Equal(["int4/32", "f32"], layers.Select(layer => layer.GetProperty("format").GetString()));
        Assert.Equal(json.GetProperty("weightBytesPerToken").GetInt64(),
            layers.Sum(layer => layer.GetProperty("bytes").GetInt64()));
        Assert.All(layers, layer => Assert.NotEqual("", layer.GetProperty("decodeKernel").GetString()));
        Assert.Equal(
            ["blk.0.ffn_down.weight", "blk.1.ffn_down.weight"],
            json.GetProperty("fallbacks").EnumerateArray().Select(layer => layer.GetProperty("tensor").GetString()));
    }

    [Fact]
    public void A_message_is_answered_as_the_template_of_the_file_has_it()
    {
        using TemporaryFile file = new TinyLlama().ToFile(changeKeys: keys =>
            keys["tokenizer.chat_template"] = "{% for m in messages %}<3>{{ m.content }}xy{% endfor %}");
        string[] drawn = ["run", file.Name, "--weights", "f32", "--temperature", "0", "--max-tokens", "20"];

        var run = ToolRun.Of([.. drawn, "--chat", "--prompt", "abc<3>"]);

        using LlamaModel model = LlamaModel.Load(file.Name, new LoadOptions { Weights = WeightFormat.Float32 });
        using LlamaSession session = model.CreateSession();
        int[] prompt = [1, 3, .. model.Tokenizer.Encode("abc<3>xy", addBos: false)]; // of both "<3>" only the template's is a token
        var sampler = new Sampler(new SamplingOptions());
        var answer = new List<int>();
        for (int next = sampler.Next(session.Forward(prompt)); answer.Count < 20 && !model.Tokenizer.Ends(next); next = sampler.Next(session.Forward([next])))
        {
            answer.Add(next);
        }

        Assert.Equal(CommandLine.Success, run.ExitCode);
        Assert.Equal(model.Tokenizer.Decode([.. answer]), run.Output);
        Assert.NotEqual(run.Output, ToolRun.Of([.. drawn, "--prompt", "abc<3>"]).Output);
    }

    [Fact]
    public void A_model_without_a_template_answers_no_messages()
    {
        using TemporaryFile file = new TinyLlama().ToFile(changeKeys: keys => keys["general.name"] = "tiny");

        string line = ToolRun.Of("run", file.Name, "--chat", "--prompt", "abc").FailureLine();

        Assert.Contains("the model 'tiny' has no chat template; leave --chat out", line, StringComparison.Ordinal);
    }

    [Fact]
    public void The_text_ends_when_the_context_is_full()
    {
        using TemporaryFile file = new TinyLlama { ContextLength = 12 }.ToFile();

        JsonElement json = ToolRun.Of(
            "run", file.Name, "--prompt", "abcde", "--weights", "f32", "--temperature", "0", "--json").Json();

        Assert.Equal("the context is full", json.GetProperty("endedBecause").GetString());
        Assert.Equal(Expected(file, "f32", "abcde", new SamplingOptions()), json.GetProperty("text").GetString());
    }

    [Fact]
    public void A_seed_decides_the_text()
    {
        using TemporaryFile file = new TinyLlama().ToFile();
        string[] Arguments(string seed) => ["run", file.Name, "--prompt", "abc", "--temperature", "1", "--top-p", "1",
            "--max-tokens", "30", "--seed", seed];

        Assert.Equal(ToolRun.Of(Arguments("1")).Output, ToolRun.Of(Arguments("1")).Output);
        Assert.NotEqual(ToolRun.Of(Arguments("1")).Output, ToolRun.Of(Arguments("2")).Output);
    }

    [Fact]
    public void Sampling_options_reach_the_sampler()
    {
        using TemporaryFile file = new TinyLlama().ToFile();
        string likeliest =
            ToolRun.Of("run", file.Name, "--prompt", "abc", "--temperature", "0", "--max-tokens", "30").Output;
        string[] drawn = ["run", file.Name, "--prompt", "abc", "--temperature", "2", "--max-tokens", "30"];

        Assert.NotEqual(likeliest, ToolRun.Of([.. drawn, "--top-p", "1"]).Output);
        Assert.Equal(likeliest, ToolRun.Of([.. drawn, "--top-p", "1", "--top-k", "1"]).Output);
        Assert.Equal(likeliest, ToolRun.Of([.. drawn, "--top-p", "0.000001"]).Output);
    }

    [Fact]
    public void A_prompt_longer_than_the_context_is_refused()
    {
        using TemporaryFile file = new TinyLlama { ContextLength = 12 }.ToFile();

        string line = ToolRun.Of("run", file.Name, "--prompt", new string('a', 40)).FailureLine();

        Assert.Contains("41 tokens", line, StringComparison.Ordinal);
        Assert.Contains("12", line, StringComparison.Ordinal);
    }

    [Fact]
    public void An_empty_prompt_needs_a_token_that_begins_texts()
    {
        using TemporaryFile file =
            new TinyLlama().ToFile(changeKeys: keys => keys["tokenizer.ggml.add_bos_token"] = false);

        string line = ToolRun.Of("run", file.Name, "--prompt", "").FailureLine();

        Assert.Contains("the prompt is empty", line, StringComparison.Ordinal);
    }

    [Fact]
    public void A_missing_file_is_named()
    {
        string line = ToolRun.Of("run", "no-such-model.gguf", "--prompt", "x").FailureLine();

        Assert.Contains("no-such-model.gguf", line, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_of_something_else_and_one_cut_short_are_refused()
    {
        using var other = new TemporaryFile("Once upon a time there was a text file."u8);
        using TemporaryFile whole = new TinyLlama().ToFile();
        using var cut = new TemporaryFile(File.ReadAllBytes(whole.Name).AsSpan(0, 20000));

        Assert.Contains(
            other.Name, ToolRun.Of("run", other.Name, "--prompt", "x").FailureLine(), StringComparison.Ordinal);
        Assert.Contains(cut.Name, ToolRun.Of("run", cut.Name, "--prompt", "x").FailureLine(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.NegativeInfinity)]
    public void Weights_that_are_not_finite_are_refused_with_the_tensor_and_the_index(float value)
    {
        using TemporaryFile file = new TinyLlama().ToFile(tensors => tensors["blk.1.attn_k.weight"].Values[77] = value);

        string line = ToolRun.Of("run", file.Name, "--prompt", "a").FailureLine();

        Assert.Contains("blk.1.attn_k.weight", line, StringComparison.Ordinal);
        Assert.Contains("77", line, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_any_kernel_left_it_says_so()
    {
        using TemporaryFile file = new TinyLlama().ToFile();
        string all = string.Join(',', Enum.GetNames<KernelTiers>().Skip(1));

        string line = ToolRun.Of("run", file.Name, "--prompt", "a", "--disable", all).FailureLine();

        Assert.Contains("No kernel", line, StringComparison.Ordinal);
    }

    [Fact]
    public void A_prompt_that_begins_with_an_at_sign_is_a_prompt()
    {
        var run = ToolRun.Of("run", "no-such-model.gguf", "--prompt", "@home");

        Assert.Contains("no-such-model.gguf", run.FailureLine(), StringComparison.Ordinal);
    }

    [SkippableFact]
    public void The_defaults_write_exactly_the_story_that_is_known()
    {
        string folder = Path.GetDirectoryName(TestData.Find("stories260K/expected.json"))!;
        using JsonDocument expected = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "expected.json")));

        var run = ToolRun.Of("run", Path.Combine(folder, "stories260K.llamacpp.gguf"), "--weights", "f32",
            "--temperature", "0", "--prompt", "");

        Assert.Equal(expected.RootElement.GetProperty("greedy_text").GetString(), run.Output);
    }

    private static string Expected(TemporaryFile file, string weights, string prompt, SamplingOptions options)
    {
        using LlamaModel model =
            LlamaModel.Load(file.Name, new LoadOptions { Weights = CommonOptions.Format(weights, 32) });
        return string.Concat(model.Generate(prompt, options));
    }
}
