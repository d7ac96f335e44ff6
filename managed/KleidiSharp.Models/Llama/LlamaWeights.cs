// SPDX-License-Identifier: Apache-2.0
using System.Buffers;
using System.Numerics.Tensors;

namespace KleidiSharp.Models;

/// <summary>
/// All weights of a Llama model: norms as floats, linear layers packed, embeddings left in the mapped file.
/// </summary>
internal sealed class LlamaWeights : IDisposable
{
    private readonly List<LoadedLayer> layers = [];
    private readonly List<PackedWeights> packed = [];
    private readonly HashSet<string> used = new(StringComparer.Ordinal);
    private readonly GgufFile file;
    private readonly LoadOptions options;
    private readonly ComputeContext compute;
    private readonly long totalBytes;
    private long loadedBytes;

    // The values of the linear layer that is being loaded: fresh memory for each would cost as much as reading does.
    private float[] buffer = [];

    public LlamaWeights(GgufFile file, LlamaConfig config, int vocabularySize, LoadOptions options)
    {
        this.file = file;
        this.options = options;
        compute = options.Compute ?? ComputeContext.Default;
        totalBytes = file.Tensors.Values.Sum(tensor => tensor.ByteLength);
        try
        {
            Embedding = Tensor("token_embd.weight", vocabularySize, config.EmbeddingLength);
            Blocks = [.. Enumerable.Range(0, config.BlockCount).Select(i => Block($"blk.{i}.", config))];
            OutputNorm = Vector("output_norm.weight", config.EmbeddingLength);
            RopeFactors = file.Tensors.ContainsKey("rope_freqs.weight") ? ReadRopeFactors("rope_freqs.weight", config) : null;
            string output = file.Tensors.ContainsKey("output.weight") ? "output.weight" : Embedding.Name;
            Output = Linear(output, vocabularySize, config.EmbeddingLength);
            if (output != Embedding.Name)
            {
                RefuseNonFiniteEmbedding(config.EmbeddingLength);
            }

            buffer = [];
            Report = new LoadReport(
                layers, [.. file.Tensors.Keys.Where(name => !used.Contains(name)).Order(StringComparer.Ordinal)]);
        }
        catch
        {
            Dispose();
            throw;
        }
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

    public void Dispose() => packed.ForEach(weights => weights.Dispose());

    private LlamaBlock Block(string prefix, LlamaConfig config) => new()
    {
        AttentionNorm = Vector(prefix + "attn_norm.weight", config.EmbeddingLength),
        QueryKeyValue = new LinearGroup(
            Linear(prefix + "attn_q.weight", config.QueryLength, config.EmbeddingLength),
            Linear(prefix + "attn_k.weight", config.KeyValueLength, config.EmbeddingLength),
            Linear(prefix + "attn_v.weight", config.KeyValueLength, config.EmbeddingLength)),
        AttentionOutput = Linear(prefix + "attn_output.weight", config.EmbeddingLength, config.QueryLength),
        FeedForwardNorm = Vector(prefix + "ffn_norm.weight", config.EmbeddingLength),
        GateUp = new LinearGroup(
            Linear(prefix + "ffn_gate.weight", config.FeedForwardLength, config.EmbeddingLength),
            Linear(prefix + "ffn_up.weight", config.FeedForwardLength, config.EmbeddingLength)),
        Down = Linear(prefix + "ffn_down.weight", config.EmbeddingLength, config.FeedForwardLength),
    };

    private PackedWeights Linear(string name, int outFeatures, int inFeatures)
    {
        GgufTensor tensor = Tensor(name, outFeatures, inFeatures);
        string biasName = Path.ChangeExtension(name, "bias");
        float[] bias = file.Tensors.ContainsKey(biasName) ? Vector(biasName, outFeatures) : [];
        bool fits = options.Weights.Fits(inFeatures);
        WeightFormat format = fits ? options.Weights : WeightFormat.Float32;
        PackedWeights weights = format.Kind == WeightKind.Q4_0 && tensor.Type == GgufTensorType.Q4_0
            ? Verbatim(tensor, outFeatures, inFeatures, bias)
            : Quantized(tensor, outFeatures, inFeatures, format, bias);
        packed.Add(weights);
        layers.Add(new LoadedLayer(tensor, weights, compute,
            fits ? null
                : options.Weights.GroupSize == 0 ? $"its rows hold {inFeatures} values, which {options.Weights} does not take"
                : $"its rows hold {inFeatures} values, which is not a multiple of the group {options.Weights.GroupSize}"));
        return weights;
    }

    private PackedWeights Verbatim(GgufTensor tensor, int outFeatures, int inFeatures, float[] bias)
    {
        byte[] blocks = ArrayPool<byte>.Shared.Rent(checked((int)tensor.ByteLength));
        try
        {
            file.ReadBytes(tensor, blocks);
            Loaded(tensor);
            return PackedWeights.PackQ4_0(
                blocks.AsSpan(0, (int)tensor.ByteLength), outFeatures, inFeatures, bias, compute);
        }
        catch (ArgumentException e)
        {
            throw new GgufException(file.Path, $"tensor '{tensor.Name}'", e.Message, "finite scales");
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(blocks);
        }
    }

    private PackedWeights Quantized(GgufTensor tensor, int outFeatures, int inFeatures, WeightFormat format, float[] bias)
    {
        if (buffer.Length < tensor.ElementCount)
        {
            buffer = new float[tensor.ElementCount];
        }

        Span<float> values = ReadInto(buffer, tensor);
        return format.Kind == WeightKind.Int4Group
            ? PackedWeights.Pack(
                Quantizer.Quantize(values, outFeatures, inFeatures, format, options.Mapping, compute),
                bias,
                compute)
            : PackedWeights.Quantize(values, outFeatures, inFeatures, format, bias, compute);
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
        var values = new float[length];
        ReadInto(values, Tensor(name, length));
        return values;
    }

    private Span<float> ReadInto(float[] array, GgufTensor tensor)
    {
        Span<float> values = array.AsSpan(0, (int)tensor.ElementCount);
        file.ReadFloats(tensor, 0, values);
        RefuseNonFinite(tensor, 0, values);
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

        if (tensor.ElementCount > Array.MaxLength)
        {
            throw new NotSupportedException(
                $"{file.Path}: tensor '{name}' has {tensor.ElementCount} elements; {Array.MaxLength} is the most.");
        }

        used.Add(name);
        return tensor;
    }

    private void RefuseNonFiniteEmbedding(int embeddingLength)
    {
        var row = new float[embeddingLength];
        for (long start = 0; start < Embedding.ElementCount; start += row.Length)
        {
            file.ReadFloats(Embedding, start, row);
            RefuseNonFinite(Embedding, start, row);
        }
    }

    private void RefuseNonFinite(GgufTensor tensor, long start, ReadOnlySpan<float> values)
    {
        if (TensorPrimitives.IsFiniteAll(values))
        {
            return;
        }

        int bad = 0;
        while (float.IsFinite(values[bad]))
        {
            bad++;
        }

        throw new GgufException(file.Path, $"element {start + bad} of tensor '{tensor.Name}'",
            FormattableString.Invariant($"{values[bad]}"), "a finite number");
    }
}
