// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp.Models.Tests;

public class PerplexityTests
{
    [Fact]
    public void PoolsTheLikelihoodsOfAllWindows()
    {
        var tiny = new TinyLlama();
        using TemporaryFile file = tiny.ToFile();
        using LlamaModel model = LlamaModel.Load(file.Name, new LoadOptions { Weights = WeightFormat.Float32 });
        const string Text = "abcdefghijklmnopqrstuvwxyz";
        int[] tokens = model.Tokenizer.Encode(Text, addBos: false);
        int[][] windows = [[1, .. tokens[..9]], [1, .. tokens[9..18]], [1, .. tokens[18..]]];
        double expected = windows.Sum(Nll) / 26;

        PerplexityResult found = Perplexity.Evaluate(model, Text, new PerplexityOptions { WindowTokens = 10 });
        Assert.Equal(26, found.Tokens);
        Assert.Equal(3, found.Windows);
        Assert.Equal(expected, found.MeanNll, 4);
        Assert.Equal(Math.Exp(found.MeanNll), found.Perplexity, 12);

        PerplexityResult separate = Perplexity.Evaluate(
            model, $" {Text} ||abc||  ||\n", new PerplexityOptions { WindowTokens = 10, Separator = "||" });
        Assert.Equal((12, 2), (separate.Tokens, separate.Windows));
        Assert.Equal((Nll(windows[0]) + Nll([1, .. tokens[..3]])) / 12, separate.MeanNll, 4);

        double Nll(int[] window) => tiny.Logits(window)
            .Zip(window[1..], (logits, next) => Math.Log(logits.Sum(Math.Exp)) - logits[next]).Sum();
    }

    [Fact]
    public void LogSumExpStandsLargeLogits()
    {
        Assert.Equal(Math.Log(2), Perplexity.NegativeLogLikelihood([5000, 5000, -5000], 1), 12);
        Assert.Equal(10000 + Math.Log(2), Perplexity.NegativeLogLikelihood([5000, 5000, -5000], 2), 8);
    }

    [Fact]
    public void NothingToPredictIsRefused()
    {
        using TemporaryFile file = new TinyLlama().ToFile();
        using LlamaModel model = LlamaModel.Load(file.Name);
        Assert.Throws<ArgumentException>(() => Perplexity.Evaluate(model, ""));
        Assert.Throws<ArgumentException>(() => Perplexity.Evaluate(model, "abc", new PerplexityOptions { WindowTokens = 1 }));
        Assert.Throws<ArgumentException>(() => Perplexity.Evaluate(model, "abc", new PerplexityOptions { WindowTokens = 301 }));
    }
}
