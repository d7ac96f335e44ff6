// SPDX-License-Identifier: Apache-2.0
global using Tensors = System.Collections.Generic.Dictionary<string, (int[] Shape, float[] Values)>;

namespace KleidiSharp.Models.Tests;

/// <summary>
/// A Llama of random weights that a test can write to a file, and its logits computed plainly in double.
/// </summary>
internal sealed class TinyLlama
{
    public const int Vocabulary = 40;
    public const float Epsilon = 1e-5f;

    private readonly Tensors tensors = [];

    public TinyLlama(int seed = 1, bool tied = true, bool biases = false, bool ropeFactors = false, int heads = 4, int keyValueHeads = 2,
        int headLength = 8, int embedding = 32, int feedForward = 44, int ropeLength = 8)
    {
        (Heads, KeyValueHeads, HeadLength) = (heads, keyValueHeads, headLength);
        (Embedding, FeedForward, RopeLength) = (embedding, feedForward, ropeLength);
        var random = new Random(seed);
        Add("token_embd.weight", Vocabulary, embedding);
        for (int i = 0; i < Blocks; i++)
        {
            Add($"blk.{i}.attn_norm.weight", embedding);
            Add($"blk.{i}.ffn_norm.weight", embedding);
            AddLinear($"blk.{i}.attn_q", heads * headLength, embedding);
            AddLinear($"blk.{i}.attn_k", keyValueHeads * headLength, embedding);
            AddLinear($"blk.{i}.attn_v", keyValueHeads * headLength, embedding);
            AddLinear($"blk.{i}.attn_output", embedding, heads * headLength);
            AddLinear($"blk.{i}.ffn_gate", feedForward, embedding);
            AddLinear($"blk.{i}.ffn_up", feedForward, embedding);
            AddLinear($"blk.{i}.ffn_down", embedding, feedForward);
        }

        Add("output_norm.weight", embedding);
        if (!tied)
        {
            Add("output.weight", Vocabulary, embedding);
        }

        if (ropeFactors)
        {
            tensors["rope_freqs.weight"] = ([ropeLength / 2], [.. Enumerable.Range(0, ropeLength / 2).Select(i => 1 + 3f * i)]);
        }

        void AddLinear(string name, int outFeatures, int inFeatures)
        {
            Add(name + ".weight", outFeatures, inFeatures);
            if (biases)
            {
                Add(name + ".bias", outFeatures);
            }
        }

        void Add(string name, params int[] shape)
        {
            float spread = shape.Length == 2 ? 2 / MathF.Sqrt(shape[1]) : 0.5f;
            float middle = name.Contains("norm", StringComparison.Ordinal) ? 1 : 0;
            var values = new float[shape.Aggregate(1, (a, b) => a * b)];
            for (int i = 0; i < values.Length; i++)
            {
                values[i] = middle + (float)(random.NextDouble() * 2 - 1) * spread;
            }

            tensors[name] = (shape, values);
        }
    }

    public const int Blocks = 2;

    public int Heads { get; }

    public int KeyValueHeads { get; }

    public int HeadLength { get; }

    public int Embedding { get; }

    public int FeedForward { get; }

    public int RopeLength { get; }

    public int ContextLength { get; init; } = 300;

    /// <summary>A file of this model, its tensors and keys as <paramref name="change"/> leaves them.</summary>
    public TemporaryFile ToFile(Action<Tensors>? change = null, Action<Dictionary<string, object>>? changeKeys = null)
    {
        var keys = new Dictionary<string, object>
        {
            ["general.architecture"] = "llama",
            ["llama.block_count"] = Blocks,
            ["llama.embedding_length"] = Embedding,
            ["llama.feed_forward_length"] = FeedForward,
            ["llama.attention.head_count"] = Heads,
            ["llama.attention.head_count_kv"] = KeyValueHeads,
            ["llama.attention.key_length"] = HeadLength,
            ["llama.attention.value_length"] = HeadLength,
            ["llama.attention.layer_norm_rms_epsilon"] = Epsilon,
            ["llama.rope.dimension_count"] = RopeLength,
            ["llama.context_length"] = ContextLength,
            ["tokenizer.ggml.model"] = "llama",
            ["tokenizer.ggml.tokens"] = Enumerable.Range(0, Vocabulary)
                .Select(i => i < 4 ? $"<{i}>" : ((char)('a' + i - 4)).ToString()).ToArray(),
            ["tokenizer.ggml.token_type"] = Enumerable.Range(0, Vocabulary).Select(i => i < 4 ? 3 : 1).ToArray(),
            ["tokenizer.ggml.scores"] = new float[Vocabulary],
            ["tokenizer.ggml.add_space_prefix"] = false,
        };
        changeKeys?.Invoke(keys);
        var copy = tensors.ToDictionary(t => t.Key, t => (t.Value.Shape, (float[])[.. t.Value.Values]));
        change?.Invoke(copy);
        var writer = new GgufWriter();
        foreach ((string key, object value) in keys)
        {
            writer.Add(key, value);
        }

        foreach ((string name, (int[] shape, float[] values)) in copy)
        {
            writer.AddTensor(name, shape, values);
        }

        return writer.ToFile();
    }

    /// <summary>The logits after each token.</summary>
    public double[][] Logits(int[] tokens)
    {
        double[][] stream = [.. tokens.Select(t => Matrix("token_embd.weight")[t])];
        for (int i = 0; i < Blocks; i++)
        {
            string prefix = $"blk.{i}.";
            double[][] normed = [.. stream.Select(x => Norm(x, prefix + "attn_norm.weight"))];
            double[][] q = [.. normed.Select((x, p) => Rope(Linear(x, prefix + "attn_q"), p))];
            double[][] k = [.. normed.Select((x, p) => Rope(Linear(x, prefix + "attn_k"), p))];
            double[][] v = [.. normed.Select(x => Linear(x, prefix + "attn_v"))];
            for (int p = 0; p < tokens.Length; p++)
            {
                double[] attended = [.. Enumerable.Range(0, Heads).SelectMany(head => Attend(q[p], k[..(p + 1)], v, head))];
                stream[p] = Sum(stream[p], Linear(attended, prefix + "attn_output"));
                double[] x = Norm(stream[p], prefix + "ffn_norm.weight");
                double[] up = Linear(x, prefix + "ffn_up");
                double[] gated = [.. Linear(x, prefix + "ffn_gate").Select((g, j) => g / (1 + Math.Exp(-g)) * up[j])];
                stream[p] = Sum(stream[p], Linear(gated, prefix + "ffn_down"));
            }
        }

        string output = tensors.ContainsKey("output.weight") ? "output" : "token_embd";
        return [.. stream.Select(x => Linear(Norm(x, "output_norm.weight"), output))];
    }

    private double[] Attend(double[] q, double[][] keys, double[][] values, int head)
    {
        int shared = head * KeyValueHeads / Heads;
        double[] weights = [.. keys.Select(k => Math.Exp(Enumerable.Range(0, HeadLength)
            .Sum(j => q[head * HeadLength + j] * k[shared * HeadLength + j]) / Math.Sqrt(HeadLength)))];
        return [.. Enumerable.Range(0, HeadLength).Select(j =>
            weights.Select((w, t) => w * values[t][shared * HeadLength + j]).Sum() / weights.Sum())];
    }

    private double[] Rope(double[] x, int position)
    {
        double[] turned = [.. x];
        for (int i = 0; i < x.Length; i += 2)
        {
            int inHead = i % HeadLength;
            if (inHead < RopeLength)
            {
                double factor = tensors.TryGetValue("rope_freqs.weight", out var factors) ? factors.Values[inHead / 2] : 1;
                double angle = position * Math.Pow(10000, -(double)inHead / RopeLength) / factor;
                turned[i] = x[i] * Math.Cos(angle) - x[i + 1] * Math.Sin(angle);
                turned[i + 1] = x[i] * Math.Sin(angle) + x[i + 1] * Math.Cos(angle);
            }
        }

        return turned;
    }

    private double[] Norm(double[] x, string name)
    {
        double scale = 1 / Math.Sqrt(x.Average(v => v * v) + Epsilon);
        return [.. x.Select((v, i) => v * scale * tensors[name].Values[i])];
    }

    private double[] Linear(double[] x, string name)
    {
        double[] y = [.. Matrix(name + ".weight").Select(row => row.Zip(x, (w, v) => w * v).Sum())];
        return tensors.TryGetValue(name + ".bias", out var bias) ? [.. y.Select((v, i) => v + bias.Values[i])] : y;
    }

    private double[][] Matrix(string name) =>
        [.. tensors[name].Values.Chunk(tensors[name].Shape[1]).Select(row => Array.ConvertAll(row, v => (double)v))];

    private static double[] Sum(double[] a, double[] b) => [.. a.Zip(b, (x, y) => x + y)];
}
