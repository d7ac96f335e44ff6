// SPDX-License-Identifier: Apache-2.0
using System.Globalization;
using System.Numerics.Tensors;

namespace KleidiSharp.Models;

/// <summary>
/// One conversation with a model: the tokens seen so far, as keys and values. Tokens may come one by one or in batches of
/// any size; the logits are the same to the last bit, since every operation treats each token by itself and in one order.
/// Several sessions may run at once over one model; one session is for one thread at a time.
/// </summary>
public sealed class LlamaSession : IDisposable
{
    private const int MaxBatch = 128;

    private readonly LlamaModel model;
    private readonly LlamaConfig config;
    private readonly ParallelOptions parallel;
    private readonly float[] logits;
    private KeyValueCache? cache;
    private int batchCapacity;
    private float[] stream = [];
    private float[] normed = [];
    private float[] projected = [];
    private float[] attended = [];
    private float[] update = [];
    private float[] gateUp = [];
    private float[] cos = [];
    private float[] sin = [];
    private float[] scores = [];

    internal LlamaSession(LlamaModel model)
    {
        this.model = model;
        config = model.Config;
        parallel = new ParallelOptions { MaxDegreeOfParallelism = model.Compute.Threads };
        logits = new float[model.Tokenizer.VocabularySize];
        cache = new KeyValueCache(config.BlockCount, config.KeyValueLength, config.ContextLength);
    }

    /// <summary>The number of tokens seen so far.</summary>
    public int Position { get; private set; }

    /// <summary>Adds tokens and returns the logits of what follows the last of them.</summary>
    /// <param name="tokens">At least one token; together with those seen no more than the context.</param>
    /// <returns>One logit for each token of the vocabulary, valid until the next call.</returns>
    /// <exception cref="ArgumentException">There are no tokens, too many, or one that is not in the vocabulary.</exception>
    public ReadOnlySpan<float> Forward(ReadOnlySpan<int> tokens)
    {
        CheckTokens(model, tokens, Position, nameof(tokens));
        Run(tokens, logits, onlyLast: true);
        return logits;
    }

    /// <summary>Adds tokens and gives the logits of what follows each of them.</summary>
    /// <param name="tokens">At least one token; together with those seen no more than the context.</param>
    /// <param name="allLogits">Receives [tokens, vocabulary].</param>
    /// <exception cref="ArgumentException">
    /// There are no tokens, too many, or one that is not in the vocabulary; or <paramref name="allLogits"/> is too short.
    /// </exception>
    public void Forward(ReadOnlySpan<int> tokens, Span<float> allLogits)
    {
        CheckTokens(model, tokens, Position, nameof(tokens));
        long needed = (long)tokens.Length * logits.Length;
        if (allLogits.Length < needed)
        {
            throw new ArgumentException(
                $"allLogits holds {allLogits.Length} values; {tokens.Length} tokens × vocabulary {logits.Length} needs {needed}.",
                nameof(allLogits));
        }

        Run(tokens, allLogits, onlyLast: false);
    }

    /// <summary>Forgets all tokens from a position on.</summary>
    /// <param name="position">0 to <see cref="Position"/>; 0 starts anew.</param>
    public void Rewind(int position)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(position);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(position, Position);
        Position = position;
    }

    /// <summary>Releases the keys and values.</summary>
    public void Dispose() => cache = null;

    internal static void CheckTokens(LlamaModel model, ReadOnlySpan<int> tokens, int position, string name)
    {
        if (tokens.IsEmpty)
        {
            throw new ArgumentException($"{name} holds no tokens; at least one is needed.", name);
        }

        if (tokens.Length > model.Config.ContextLength - position)
        {
            string seen = position == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $", {position} of which are taken");
            throw new ArgumentException(
                $"{name} holds {tokens.Length} tokens; the context of this model holds {model.Config.ContextLength}{seen}.",
                name);
        }

        for (int i = 0; i < tokens.Length; i++)
        {
            if ((uint)tokens[i] >= (uint)model.Tokenizer.VocabularySize)
            {
                throw new ArgumentOutOfRangeException(name, tokens[i],
                    $"{name}[{i}] is not a token of this model; ids are 0 to {model.Tokenizer.VocabularySize - 1}.");
            }
        }
    }

    private void Run(ReadOnlySpan<int> tokens, Span<float> results, bool onlyLast)
    {
        ObjectDisposedException.ThrowIf(cache is null, this);
        cache.Reserve(Position + tokens.Length);
        ReserveBatch(Math.Min(tokens.Length, MaxBatch), Position + tokens.Length);
        for (int start = 0; start < tokens.Length; start += MaxBatch)
        {
            ReadOnlySpan<int> batch = tokens[start..Math.Min(start + MaxBatch, tokens.Length)];
            RunBlocks(cache, batch, Position + start);
            if (!onlyLast)
            {
                Output(0, batch.Length, results.Slice(start * logits.Length, batch.Length * logits.Length));
            }
            else if (start + batch.Length == tokens.Length)
            {
                Output(batch.Length - 1, 1, results);
            }
        }

        Position += tokens.Length;
    }

    private void RunBlocks(KeyValueCache cache, ReadOnlySpan<int> tokens, int position)
    {
        int rows = tokens.Length;
        for (int row = 0; row < rows; row++)
        {
            long start = (long)tokens[row] * config.EmbeddingLength;
            model.File.ReadFloats(model.Weights.Embedding, start, Row(stream, row, config.EmbeddingLength));
            model.Rope.Angles(position + row, Row(cos, row, model.Rope.Pairs), Row(sin, row, model.Rope.Pairs));
        }

        for (int i = 0; i < config.BlockCount; i++)
        {
            LlamaBlock block = model.Weights.Blocks[i];
            Normalise(block.AttentionNorm, 0, rows);
            block.QueryKeyValue.MatMul(normed, projected, rows, model.Compute);
            Remember(cache, i, position, rows);
            Attend(cache, i, position, rows);
            Multiply(block.AttentionOutput, attended, update, rows);
            AddUpdate(rows);
            Normalise(block.FeedForwardNorm, 0, rows);
            block.GateUp.MatMul(normed, gateUp, rows, model.Compute);
            Gate(rows);
            MultiplyGated(block.Down, rows);
            AddUpdate(rows);
        }
    }

    // Turns the queries where they are; keys and values go to the cache, the keys turned.
    private void Remember(KeyValueCache cache, int block, int position, int rows)
    {
        int query = config.QueryLength;
        int width = config.KeyValueLength;
        Span<float> keys = cache.Keys(block, position, rows);
        Span<float> values = cache.Values(block, position, rows);
        for (int row = 0; row < rows; row++)
        {
            Span<float> projection = Row(projected, row, query + 2 * width);
            projection.Slice(query, width).CopyTo(Row(keys, row, width));
            projection[(query + width)..].CopyTo(Row(values, row, width));
            Rotate(projection[..query], row);
            Rotate(Row(keys, row, width), row);
        }
    }

    private void Rotate(Span<float> heads, int row)
    {
        for (int start = 0; start < heads.Length; start += config.HeadLength)
        {
            VectorMath.Rotate(heads.Slice(start, config.HeadLength),
                Row(cos, row, model.Rope.Pairs), Row(sin, row, model.Rope.Pairs));
        }
    }

    // In place: each row's first half becomes the gated one.
    private void Gate(int rows)
    {
        int length = config.FeedForwardLength;
        for (int row = 0; row < rows; row++)
        {
            Span<float> both = Row(gateUp, row, 2 * length);
            VectorMath.SwiGlu(both[..length], both[length..]);
        }
    }

    private void MultiplyGated(PackedWeights down, int rows)
    {
        int length = config.FeedForwardLength;
        var both = new ReadOnlyTensorSpan<float>(gateUp, [rows, 2 * length]);
        var results = new TensorSpan<float>(update, [rows, config.EmbeddingLength]);
        down.MatMul(both.Slice([0.., 0..length]), results, compute: model.Compute);
    }

    private void Output(int firstRow, int rows, Span<float> results)
    {
        Normalise(model.Weights.OutputNorm, firstRow, rows);
        Multiply(model.Weights.Output, normed, results, rows);
    }

    private void Normalise(float[] weight, int firstRow, int rows)
    {
        for (int row = 0; row < rows; row++)
        {
            VectorMath.RmsNorm(
                Row(stream, firstRow + row, weight.Length), weight, config.RmsEpsilon, Row(normed, row, weight.Length));
        }
    }

    private void Multiply(PackedWeights weights, ReadOnlySpan<float> x, Span<float> y, int rows) =>
        weights.MatMul(x[..(rows * weights.InFeatures)], y[..(rows * weights.OutFeatures)], rows, compute: model.Compute);

    // Heads do not touch each other's values, so a batch shares them out among threads; a single token is not worth it.
    private void Attend(KeyValueCache cache, int block, int position, int rows)
    {
        if (rows > 1 && model.Compute.Threads > 1)
        {
            AttendInParallel(cache, block, position, rows);
            return;
        }

        for (int head = 0; head < config.HeadCount; head++)
        {
            AttendHead(cache, block, head, position, rows);
        }
    }

    // Not in the caller: there the closure would be allocated for single tokens too.
    private void AttendInParallel(KeyValueCache cache, int block, int position, int rows) =>
        Parallel.For(0, config.HeadCount, parallel, head => AttendHead(cache, block, head, position, rows));

    // Each row looks at all positions up to its own; several heads share the keys and values of one.
    private void AttendHead(KeyValueCache cache, int block, int head, int position, int rows)
    {
        int length = config.HeadLength;
        int width = config.KeyValueLength;
        int offset = head / (config.HeadCount / config.KeyValueHeadCount) * length;
        float scale = 1 / MathF.Sqrt(length);
        ReadOnlySpan<float> keys = cache.Keys(block, 0, position + rows)[offset..];
        ReadOnlySpan<float> values = cache.Values(block, 0, position + rows)[offset..];
        for (int row = 0; row < rows; row++)
        {
            Span<float> weights = Row(scores, head, scores.Length / config.HeadCount)[..(position + row + 1)];
            Span<float> query = Row(projected, row, config.QueryLength + 2 * width).Slice(head * length, length);
            VectorMath.Dots(query, keys, width, scale, weights);
            VectorMath.Softmax(weights);
            VectorMath.WeightedSum(weights, values, width, Row(attended, row * config.HeadCount + head, length));
        }
    }

    private void AddUpdate(int rows)
    {
        int length = rows * config.EmbeddingLength;
        VectorMath.Add(update.AsSpan(0, length), stream.AsSpan(0, length));
    }

    private void ReserveBatch(int rows, int positions)
    {
        if (scores.Length / config.HeadCount < positions)
        {
            scores = new float[checked(config.HeadCount * Math.Min(config.ContextLength, 2 * positions))];
        }

        if (rows <= batchCapacity)
        {
            return;
        }

        stream = new float[rows * config.EmbeddingLength];
        normed = new float[rows * config.EmbeddingLength];
        projected = new float[rows * (config.QueryLength + 2 * config.KeyValueLength)];
        attended = new float[rows * config.QueryLength];
        update = new float[rows * config.EmbeddingLength];
        gateUp = new float[rows * 2 * config.FeedForwardLength];
        cos = new float[rows * model.Rope.Pairs];
        sin = new float[rows * model.Rope.Pairs];
        batchCapacity = rows;
    }

    private static Span<float> Row(Span<float> matrix, int row, int length) => matrix.Slice(row * length, length);
}
