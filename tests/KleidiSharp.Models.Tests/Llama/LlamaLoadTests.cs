// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp.Models.Tests;

public class LlamaLoadTests
{
    [Fact]
    public void LayersThatDoNotFitTheGroupFallBackAndSaySo()
    {
        var steps = new List<LoadProgress>();
        using TemporaryFile file = new TinyLlama(tied: false).ToFile(t => t["strange.weight"] = ([2], [1, 2]));
        using LlamaModel model = LlamaModel.Load(file.Name, new LoadOptions { Progress = new Recorder(steps) });

        Assert.Equal(2 * 7 + 1, model.Report.Layers.Count);
        LoadedLayer[] fallbacks = [.. model.Report.Fallbacks];
        Assert.Equal(["blk.0.ffn_down.weight", "blk.1.ffn_down.weight"], fallbacks.Select(l => l.Tensor.Name));
        Assert.All(fallbacks, l => Assert.Equal(WeightFormat.Float32, l.Format));
        Assert.All(model.Report.Layers.Except(fallbacks), l => Assert.Equal(WeightFormat.Int4Group(32), l.Format));
        Assert.Equal("its rows hold 44 values, which is not a multiple of the group 32", fallbacks[0].FallbackReason);
        Assert.Contains("13 layers int4/32", model.Report.ToString(), StringComparison.Ordinal);
        Assert.Contains("blk.1.ffn_down.weight: its rows hold 44", model.Report.ToString(), StringComparison.Ordinal);
        Assert.Equal(["strange.weight"], model.Report.UnusedTensors);
        Assert.Equal(model.Report.Layers.Sum(l => l.ByteSize), model.Report.BytesPerToken);
        Assert.Equal(1, model.Report.Layers[0].KernelFor(1).Rows);
        Assert.Equal(2 * 9 + 2, steps.Count);
        Assert.All(steps.Zip(steps[1..]), pair => Assert.True(pair.First.LoadedBytes < pair.Second.LoadedBytes));
        Assert.True(steps[^1].LoadedBytes <= steps[^1].TotalBytes);
    }

    [Theory]
    [InlineData("token_embd.weight")]
    [InlineData("output_norm.weight")]
    [InlineData("blk.0.attn_norm.weight")]
    [InlineData("blk.1.attn_k.weight")]
    [InlineData("blk.1.ffn_down.weight")]
    public void MissingTensorsWrongShapesAndNonFiniteWeightsAreRefused(string name)
    {
        Refused(tensors => tensors.Remove(name), $"tensor '{name}'", "missing");
        Refused(tensors => tensors[name] = ([1, .. tensors[name].Shape], tensors[name].Values),
            $"shape of tensor '{name}'", "expected [");
        Refused(tensors => tensors[name].Values[^1] = float.NaN, $"tensor '{name}'", "NaN", "a finite number");
        Refused(tensors => tensors[name].Values[5] = float.NegativeInfinity, $"element 5 of tensor '{name}'", "-Infinity");
    }

    [Fact]
    public void NonFiniteEmbeddingsBesideAnOutputLayerAreRefused() =>
        Refused(tensors => tensors["token_embd.weight"].Values[100] = float.PositiveInfinity, new TinyLlama(tied: false),
            "element 100 of tensor 'token_embd.weight'");

    [Theory]
    [InlineData(0f)]
    [InlineData(-1f)]
    [InlineData(1e-7f)]
    public void RotaryFactorsThatMakeAnglesWithoutASineAreRefused(float factor) =>
        Refused(tensors => tensors["rope_freqs.weight"].Values[2] = factor, new TinyLlama(ropeFactors: true),
            "element 2 of tensor 'rope_freqs.weight'", "at least 2.7939677E-07");

    [Fact]
    public void ShapesSayWhatWasExpected() =>
        Refused(tensors => tensors["blk.0.attn_q.weight"] = ([32, 16], new float[512]), "[32, 16]", "expected [32, 32]");

    [Theory]
    [InlineData("llama.block_count", 0)]
    [InlineData("llama.block_count", 20)]
    [InlineData("llama.block_count", 1000)]
    [InlineData("llama.block_count", int.MaxValue)]
    [InlineData("llama.embedding_length", -1)]
    [InlineData("llama.attention.head_count", 0)]
    [InlineData("llama.attention.head_count", int.MaxValue)]
    [InlineData("llama.attention.head_count_kv", 3)]
    [InlineData("llama.attention.value_length", 16)]
    [InlineData("llama.rope.dimension_count", 7)]
    [InlineData("llama.rope.dimension_count", 10)]
    [InlineData("llama.rope.freq_base", float.NaN)]
    [InlineData("llama.attention.layer_norm_rms_epsilon", -1f)]
    [InlineData("llama.attention.layer_norm_rms_epsilon", 1)]
    [InlineData("llama.context_length", 0)]
    [InlineData("llama.context_length", (1 << 30) + 1)]
    [InlineData("tokenizer.ggml.tokens", "none")]
    public void MetadataThatMakesNoModelIsRefused(string key, object value)
    {
        using TemporaryFile file = new TinyLlama().ToFile(changeKeys: keys => keys[key] = value);
        string expected = key == "llama.block_count" && value is 20 ? "blk.2." : key;
        GgufFileTests.AssertNames(() => LlamaModel.Load(file.Name), file.Name, expected);
    }

    [Theory]
    [InlineData("general.architecture", "mamba")]
    [InlineData("llama.rope.scaling.type", "yarn")]
    [InlineData("tokenizer.ggml.model", "gpt2")]
    public void WhatIsNotSupportedIsNamed(string key, string value)
    {
        using TemporaryFile file = new TinyLlama().ToFile(changeKeys: keys => keys[key] = value);
        string message = Assert.Throws<NotSupportedException>(() => LlamaModel.Load(file.Name)).Message;
        Assert.Contains(key, message, StringComparison.Ordinal);
        Assert.Contains($"'{value}'", message, StringComparison.Ordinal);
    }

    [Fact]
    public void MissingFiles() => Assert.Throws<FileNotFoundException>(() => LlamaModel.Load("no such file.gguf"));

    private static void Refused(Action<Tensors> change, params string[] parts) => Refused(change, new TinyLlama(), parts);

    private static void Refused(Action<Tensors> change, TinyLlama tiny, params string[] parts)
    {
        using TemporaryFile file = tiny.ToFile(change);
        GgufFileTests.AssertNames(() => LlamaModel.Load(file.Name), [file.Name, .. parts]);
    }

    private sealed class Recorder(List<LoadProgress> steps) : IProgress<LoadProgress>
    {
        public void Report(LoadProgress value) => steps.Add(value);
    }
}
