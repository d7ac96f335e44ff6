// SPDX-License-Identifier: Apache-2.0
using System.Runtime.InteropServices;
using System.Text.Json;

namespace KleidiSharp.Models.Tests;

/// <summary>A model that was trained, against what other programs computed with it.</summary>
public class StoriesTests
{
    private const string F32 = "stories260K/stories260K.llamacpp.gguf";

    private static readonly LoadOptions Float32 = new() { Weights = WeightFormat.Float32 };

    [SkippableFact]
    public void GreedyTextIsTheExpectedOne()
    {
        JsonElement expected = Expected();
        using LlamaModel model = LlamaModel.Load(TestData.Find(F32), Float32);
        int[] ids = Ids(expected, "greedy_from_BOS_ids");
        var options = new SamplingOptions { MaxTokens = ids.Length - 1 };

        Assert.Equal(expected.GetProperty("greedy_text").GetString(), string.Concat(model.Generate("", options)));
        string prompt = expected.GetProperty("prompt").GetString()!;
        Assert.Equal(Ids(expected, "prompt_ids"), model.Tokenizer.Encode(prompt));
        options = new SamplingOptions { MaxTokens = ids.Length - 13 };
        Assert.Equal(expected.GetProperty("greedy_text").GetString(), prompt + string.Concat(model.Generate(prompt, options)));
    }

    [SkippableFact]
    public void LogitsAreTheExpectedOnes()
    {
        using LlamaModel model = LlamaModel.Load(TestData.Find(F32), Float32);
        float[] expected = MemoryMarshal.Cast<byte, float>(File.ReadAllBytes(TestData.Find("stories260K/expected-logits.f32"))).ToArray();
        float[] found = LlamaForwardTests.Run(model, Ids(Expected(), "prompt_ids"), 13);
        Assert.Equal(expected.Length, found.Length);
        float scale = expected.Max(MathF.Abs);
        for (int i = 0; i < found.Length; i++)
        {
            // Logits next to zero are sums of large terms, so their error is measured against a tenth of the largest.
            float bound = 1e-4f * MathF.Max(MathF.Abs(expected[i]), 0.1f * scale);
            Assert.True(MathF.Abs(found[i] - expected[i]) <= bound, $"logit {i}: expected {expected[i]}, found {found[i]}");
        }
    }

    [SkippableTheory]
    [InlineData(false)]
    [InlineData(true)]
    public void BatchesOfAnySizeGiveTheSameBits(bool int4)
    {
        using LlamaModel model = LlamaModel.Load(TestData.Find(F32), int4 ? new LoadOptions() : Float32);
        int[] tokens = Ids(Expected(), "greedy_from_BOS_ids");
        float[] expected = LlamaForwardTests.Run(model, tokens, 1);
        Assert.Equal(expected, LlamaForwardTests.Run(model, tokens, tokens.Length));
        Assert.Equal(expected, LlamaForwardTests.Run(model, tokens, 11));
    }

    [SkippableTheory]
    [InlineData("stories260K.llamacpp", 0.0003)]
    [InlineData("stories260K-q8_0", 0.005)]
    [InlineData("stories260K-q4_0", 0.005)]
    public void PerplexityIsTheExpectedOne(string name, double relative)
    {
        JsonElement expected = Expected().GetProperty("perplexity").GetProperty(name).GetProperty("tinystories-valid-excerpt");
        PerplexityResult found = Evaluate($"stories260K/{name}.gguf", Float32);
        Assert.Equal(expected.GetProperty("tokens").GetInt32(), found.Tokens);
        double ratio = found.Perplexity / expected.GetProperty("ppl").GetDouble();
        Assert.True(Math.Abs(ratio - 1) <= relative, $"perplexity {found.Perplexity}, {ratio} of the expected one");
    }

    [SkippableFact]
    public void Int4CostsLittle()
    {
        PerplexityResult found = Evaluate(F32, new LoadOptions());
        Assert.True(found.Perplexity <= 3.3873 * 1.12, $"perplexity {found.Perplexity}");
    }

    [SkippableFact]
    public void Int4KeepsTheQualityOfQ40()
    {
        PerplexityResult found = Evaluate("stories260K/stories260K-q4_0.gguf", new LoadOptions());
        double ratio = found.Perplexity / 3.674490805764316;
        Assert.True(Math.Abs(ratio - 1) <= 0.01, $"perplexity {found.Perplexity}, {ratio} of the file's own");
    }

    [SkippableFact]
    public void Q40BlocksGoInVerbatim()
    {
        var options = new LoadOptions { Weights = WeightFormat.Q4_0 };
        using GgufFile file = GgufFile.Open(TestData.Find("stories260K/stories260K-q4_0.gguf"));
        using LlamaModel model = LlamaModel.Load(file.Path, options);
        GgufTensor[] stored = [.. file.Tensors.Values.Where(t => t.Type == GgufTensorType.Q4_0 && t.Name.StartsWith("blk.", StringComparison.Ordinal))];
        Assert.NotEmpty(stored);
        foreach (GgufTensor tensor in stored)
        {
            var blocks = new byte[tensor.ByteLength];
            file.ReadBytes(tensor, blocks);
            using var packed = PackedWeights.PackQ4_0(blocks, (int)tensor.Dimensions[0], (int)tensor.Dimensions[1]);
            Assert.True(packed.Unpack().Codes.SequenceEqual(blocks), tensor.Name);
            Assert.Equal(WeightFormat.Q4_0, model.Report.Layers.Single(layer => layer.Tensor.Name == tensor.Name).Format);
        }

        double ratio = Evaluate("stories260K/stories260K-q4_0.gguf", options).Perplexity / 3.674490805764316;
        Assert.True(Math.Abs(ratio - 1) <= 0.002, $"{ratio} of the file's own perplexity");
    }

    [SkippableTheory]
    [InlineData(WeightKind.Int8Channel, 1.002)]
    [InlineData(WeightKind.Int4Asymmetric, 1.12)]
    [InlineData(WeightKind.Int4Channel, 1.25)]
    [InlineData(WeightKind.Q4_0, 1.1)]
    [InlineData(WeightKind.Float16, 1.0005)]
    [InlineData(WeightKind.BFloat16, 1.005)]
    public void EveryFormatRunsTheModelAtItsQuality(WeightKind kind, double most)
    {
        WeightFormat format = kind switch
        {
            WeightKind.Int8Channel => WeightFormat.Int8Channel,
            WeightKind.Int4Asymmetric => WeightFormat.Int4Asymmetric(32),
            WeightKind.Int4Channel => WeightFormat.Int4Channel,
            WeightKind.Q4_0 => WeightFormat.Q4_0,
            WeightKind.Float16 => WeightFormat.Float16,
            _ => WeightFormat.BFloat16,
        };
        double ratio = Evaluate(F32, new LoadOptions { Weights = format }).Perplexity / 3.3873;
        Assert.InRange(ratio, 0.998, most);
    }

    [SkippableFact]
    public void LayersOf172StayInFloat()
    {
        using LlamaModel model = LlamaModel.Load(TestData.Find(F32));
        Assert.Equal(Enumerable.Range(0, 5).Select(i => $"blk.{i}.ffn_down.weight"), model.Report.Fallbacks.Select(l => l.Tensor.Name));
        Assert.Empty(model.Report.UnusedTensors);
    }

    private static PerplexityResult Evaluate(string path, LoadOptions options)
    {
        using LlamaModel model = LlamaModel.Load(TestData.Find(path), options);
        string text = File.ReadAllText(TestData.Find("text/tinystories-valid-excerpt.txt"));
        return Perplexity.Evaluate(model, text, new PerplexityOptions { Separator = "<|endoftext|>", WindowTokens = 256 });
    }

    private static JsonElement Expected() =>
        JsonDocument.Parse(File.ReadAllBytes(TestData.Find("stories260K/expected.json"))).RootElement;

    private static int[] Ids(JsonElement json, string name) => [.. json.GetProperty(name).EnumerateArray().Select(id => id.GetInt32())];
}
