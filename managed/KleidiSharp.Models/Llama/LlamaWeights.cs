// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp.Models;

/// <summary>
/// All weights of a Llama model: norms as floats, linear layers packed, embeddings left in the file. Layers over the same
/// activations are one matrix where their formats agree.
/// </summary>
internal sealed class LlamaWeights : IDisposable
{
    private readonly List<LoadedLayer> layers = [];
    private readonly HashSet<string> used = new(StringComparer.Ordinal);
    private readonly GgufFile file;
    private readonly LoadOptions options;
    private readonly ComputeContext compute;
    private readonly long totalBytes;
    private readonly PackedWeights[] packed;
    private long loadedBytes;

    public LlamaWeights(GgufFile file, LlamaConfig config, int vocabularySize, LoadOptions options)
    {
        this.file = file;
        this.options = options;
        compute = options.Compute ?? ComputeContext.Default;
        totalBytes = file.Tensors.Values.Sum(tensor => tensor.ByteLength);
        Embedding = Tensor("token_embd.weight", vocabularySize, config.EmbeddingLength);
        BlockPlan[] blocks = [.. Enumerable.Range(0, config.BlockCount).Select(i => Plan($"blk.{i}.", config))];
        OutputNorm = Vector("output_norm.weight", config.EmbeddingLength);
        RopeFactors = file.Tensors.ContainsKey("rope_freqs.weight") ? ReadRopeFactors("rope_freqs.weight", config) : null;
        LinearPlan output = Linear(
            config.EmbeddingLength,
            (file.Tensors.ContainsKey("output.weight") ? "output.weight" : Embedding.Name, vocabularySize)).Single();
        packed = Load([.. blocks.SelectMany(block => block.Plans), output]);

        var next = new Queue<PackedWeights>(packed);
        Blocks = [.. blocks.Select(block => Block(block, next))];
        Output = next.Dequeue();
        Report = new LoadReport(
            layers, [.. file.Tensors.Keys.Where(name => !used.Contains(name)).Order(StringComparer.Ordinal)]);
    }

    /// <summary>[vocabulary, embedding], read row by row.</summary>
    public GgufTensor Embedding { get; }

    public LlamaBlock[] Blocks { get; }

    public float[] OutputNorm { get; }

    /// <summary>The embeddings once more where the file ties the two.</summary>
    public PackedWeights Output { get; }

    /// <summary>Divides the angle of each rotary pair; null for 1.</summary>
    public float[]? RopeFactors { get; }

    public LoadReport Report { get; }

    public void Dispose() => Array.ForEach(packed, weights => weights.Dispose());

    private BlockPlan Plan(string prefix, LlamaConfig config) => new(
        Vector(prefix + "attn_norm.weight", config.EmbeddingLength),
        Linear(
            config.EmbeddingLength,
            (prefix + "attn_q.weight", config.QueryLength),
            (prefix + "attn_k.weight", config.KeyValueLength),
            (prefix + "attn_v.weight", config.KeyValueLength)),
        Linear(config.QueryLength, (prefix + "attn_output.weight", config.EmbeddingLength)),
        Vector(prefix + "ffn_norm.weight", config.EmbeddingLength),
        Linear(
            config.EmbeddingLength,
            (prefix + "ffn_gate.weight", config.FeedForwardLength),
            (prefix + "ffn_up.weight", config.FeedForwardLength)),
        Linear(config.FeedForwardLength, (prefix + "ffn_down.weight", config.EmbeddingLength)));

    private static LlamaBlock Block(BlockPlan plan, Queue<PackedWeights> next) => new()
    {
        AttentionNorm = plan.AttentionNorm,
        QueryKeyValue = new LinearGroup([.. plan.QueryKeyValue.Select(_ => next.Dequeue())]),
        AttentionOutput = next.Dequeue(),
        FeedForwardNorm = plan.FeedForwardNorm,
        GateUp = new LinearGroup([.. plan.GateUp.Select(_ => next.Dequeue())]),
        Down = next.Dequeue(),
    };

    // One matrix for all layers, or one each where some go in as they are and others do not.
    private LinearPlan[] Linear(int inFeatures, params (string Name, int OutFeatures)[] layers)
    {
        GgufTensor[] tensors = Array.ConvertAll(layers, layer => Tensor(layer.Name, layer.OutFeatures, inFeatures));
        WeightFormat format = options.Weights.Fits(inFeatures) ? options.Weights : WeightFormat.Float32;
        bool mixed = format.Kind == WeightKind.Q4_0 && tensors.DistinctBy(tensor => tensor.Type == GgufTensorType.Q4_0).Count() > 1;
        return mixed
            ? Array.ConvertAll(tensors, tensor => new LinearPlan([tensor], inFeatures, format, Bias(tensor)))
            : [new LinearPlan(tensors, inFeatures, format, Bias(tensors))];
    }

    private float[] Bias(params GgufTensor[] tensors)
    {
        string[] names = Array.ConvertAll(tensors, tensor => Path.ChangeExtension(tensor.Name, "bias"));
        return Array.TrueForAll(names, name => !file.Tensors.ContainsKey(name))
            ? []
            : [.. names.Zip(tensors, (name, tensor) => file.Tensors.ContainsKey(name)
                ? Vector(name, (int)tensor.Dimensions[0])
                : new float[tensor.Dimensions[0]]).SelectMany(values => values)];
    }

    private PackedWeights[] Load(LinearPlan[] plans)
    {
        PackedModelFile? cache = options.PackedCache is { } folder
            ? new PackedModelFile(folder, file, plans, options.Mapping, compute)
            : null;
        PackedWeights[] weights = cache?.TryMap() ?? Pack(plans, cache);
        for (int i = 0; i < plans.Length; i++)
        {
            Add(plans[i], weights[i]);
        }

        return weights;
    }

    private PackedWeights[] Pack(LinearPlan[] plans, PackedModelFile? cache)
    {
        // Where the output layer is not made of them, nothing else looks at the embeddings.
        if (plans[^1].Tensors[0] != Embedding)
        {
            FiniteTensor.Require(file, Embedding);
        }

        if (cache is not null)
        {
            cache.Write(Pack);
            return cache.TryMap() ?? Pack(plans, null);
        }

        var weights = new List<PackedWeights>();
        try
        {
            foreach (LinearPlan plan in plans)
            {
                weights.Add(Pack(plan));
            }

            return [.. weights];
        }
        catch
        {
            weights.ForEach(one => one.Dispose());
            throw;
        }
    }

    private PackedWeights Pack(LinearPlan plan)
    {
        PackedWeights weights = plan.Pack(file, options.Mapping, compute);
        Array.ForEach(plan.Tensors, Loaded);
        return weights;
    }

    // A layer has the part of a matrix that its rows are of all rows.
    private void Add(LinearPlan plan, PackedWeights weights)
    {
        string? reason = plan.Format == options.Weights ? null
            : options.Weights.GroupSize == 0 ? $"its rows hold {plan.InFeatures} values, which {options.Weights} does not take"
            : $"its rows hold {plan.InFeatures} values, which is not a multiple of the group {options.Weights.GroupSize}";
        long rows = 0;
        foreach (GgufTensor tensor in plan.Tensors)
        {
            long before = weights.ByteSize * rows / plan.OutFeatures;
            rows += tensor.Dimensions[0];
            long bytes = (weights.ByteSize * rows / plan.OutFeatures) - before;
            layers.Add(new LoadedLayer(tensor, weights, bytes, compute, reason));
        }
    }

    // No angle is larger than a position over a factor.
    private float[] ReadRopeFactors(string name, LlamaConfig config)
    {
        float[] factors = Vector(name, config.RopeLength / 2);
        float least = config.ContextLength / (float)RotaryEmbedding.MaxAngle;
        int bad = Array.FindIndex(factors, factor => factor < least);
        return bad < 0 ? factors : throw new GgufException(file.Path, $"element {bad} of tensor '{name}'",
            FormattableString.Invariant($"{factors[bad]}"), FormattableString.Invariant($"at least {least}"));
    }

    private float[] Vector(string name, int length)
    {
        GgufTensor tensor = Tensor(name, length);
        var values = new float[length];
        file.ReadFloats(tensor, 0, values);
        FiniteTensor.Require(file, tensor, 0, values);
        Loaded(tensor);
        return values;
    }

    private void Loaded(GgufTensor tensor)
    {
        loadedBytes += tensor.ByteLength;
        options.Progress?.Report(new LoadProgress(tensor.Name, loadedBytes, totalBytes));
    }

    private GgufTensor Tensor(string name, params long[] shape)
    {
        GgufTensor tensor = file.GetTensor(name);
        if (!tensor.Dimensions.SequenceEqual(shape))
        {
            throw new GgufException(file.Path, $"the shape of tensor '{name}'",
                $"[{string.Join(", ", tensor.Dimensions)}]", $"[{string.Join(", ", shape)}]");
        }

        used.Add(name);
        return tensor;
    }

    private sealed record BlockPlan(
        float[] AttentionNorm,
        LinearPlan[] QueryKeyValue,
        LinearPlan[] AttentionOutput,
        float[] FeedForwardNorm,
        LinearPlan[] GateUp,
        LinearPlan[] Down)
    {
        public IEnumerable<LinearPlan> Plans => [.. QueryKeyValue, .. AttentionOutput, .. GateUp, .. Down];
    }
}
