// SPDX-License-Identifier: Apache-2.0
using System.Globalization;
using System.Text;
using System.Text.Json;
using KleidiSharp.Models;

namespace KleidiSharp.Tool.Tests;

public class PerplexityCommandTests
{
    private const string Text = "abcdefghijklmnopqrstuvwxyzabcabcabc";

    [Theory]
    [InlineData("int4")]
    [InlineData("f32")]
    public void It_is_what_the_library_measures(string weights)
    {
        using TemporaryFile file = new TinyLlama().ToFile();
        using var text = new TemporaryFile(Encoding.UTF8.GetBytes(Text));
        PerplexityResult expected = Evaluate(file, weights, new PerplexityOptions { WindowTokens = 256 });

        var plain = ToolRun.Of("perplexity", file.Name, text.Name, "--weights", weights);
        JsonElement json = ToolRun.Of("perplexity", file.Name, text.Name, "--weights", weights, "--json").Json();

        Assert.Equal(CommandLine.Success, plain.ExitCode);
        Assert.Contains(
            expected.Perplexity.ToString("F4", CultureInfo.InvariantCulture), plain.Output, StringComparison.Ordinal);
        Assert.Equal(expected.Perplexity, json.GetProperty("perplexity").GetDouble());
        Assert.Equal(expected.MeanNll, json.GetProperty("meanNll").GetDouble());
        Assert.Equal(Text.Length, json.GetProperty("tokens").GetInt32());
    }

    [Fact]
    public void A_text_without_the_separator_is_cut_into_windows_and_one_with_it_into_texts()
    {
        using TemporaryFile file = new TinyLlama().ToFile();
        using var one = new TemporaryFile(Encoding.UTF8.GetBytes(Text));
        using var two = new TemporaryFile(Encoding.UTF8.GetBytes("abcdefghijklmnop|qrst"));

        JsonElement windows =
            ToolRun.Of("perplexity", file.Name, one.Name, "--window", "11", "--separator", "|", "--json").Json();
        JsonElement texts =
            ToolRun.Of("perplexity", file.Name, two.Name, "--window", "11", "--separator", "|", "--json").Json();

        Assert.Equal(4, windows.GetProperty("windows").GetInt32());
        Assert.Equal(35, windows.GetProperty("tokens").GetInt32());
        Assert.Equal(2, texts.GetProperty("windows").GetInt32());
        Assert.Equal(10 + 4, texts.GetProperty("tokens").GetInt32());
    }

    [Fact]
    public void A_text_that_is_empty_or_missing_is_refused()
    {
        using TemporaryFile file = new TinyLlama().ToFile();
        using var empty = new TemporaryFile([]);

        Assert.Contains(
            "no token", ToolRun.Of("perplexity", file.Name, empty.Name).FailureLine(), StringComparison.Ordinal);
        Assert.Contains(
            "no-such.txt", ToolRun.Of("perplexity", file.Name, "no-such.txt").FailureLine(), StringComparison.Ordinal);
    }

    [SkippableFact]
    public void The_defaults_measure_the_stories_as_the_known_figure_was_measured()
    {
        string model = TestData.Find("stories260K/stories260K.llamacpp.gguf");
        string text = TestData.Find("text/tinystories-valid-excerpt.txt");

        JsonElement json = ToolRun.Of("perplexity", model, text, "--weights", "f32", "--json").Json();

        Assert.Equal(3.3873, json.GetProperty("perplexity").GetDouble(), 0.001);
        Assert.Equal(5590, json.GetProperty("tokens").GetInt32());
    }

    private static PerplexityResult Evaluate(TemporaryFile file, string weights, PerplexityOptions options)
    {
        using LlamaModel model =
            LlamaModel.Load(file.Name, new LoadOptions { Weights = CommonOptions.Format(weights, 32) });
        return Perplexity.Evaluate(model, Text, options);
    }
}
