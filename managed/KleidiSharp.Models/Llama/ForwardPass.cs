// SPDX-License-Identifier: Apache-2.0
using System.Numerics.Tensors;

namespace KleidiSharp.Models;

/// <summary>
/// Takes tokens of one or several sessions through a model, a batch at a time; a row of a batch is a token. Holds the memory
/// that this needs, and is used again and again; for one call at a time.
/// </summary>
internal sealed class ForwardPass : IDisposable
{
    private const int MaxBatch = 128;

    // Below so many multiply-adds a second thread costs more than it brings.
    private const long WorthSharing = 1 << 18;

    private readonly LlamaModel model;
    private readonly LlamaConfig config;
    private readonly int projectedLength;
    private readonly Pool<Attention> attentions;
    private readonly RowWork embed;
    private readonly RowWork normalise;
    private readonly RowWork remember;
    private readonly RowWork gate;
    private readonly AttentionWork attend;

    // The batch.
    private readonly List<BatchSegment> segments = [];
    private readonly List<AttentionTile> tiles = [];
    private int[] tokens = [];
    private int capacity;

    // [row, value]
    private AlignedFloats stream;
    private AlignedFloats input; // of q, k, v, gate and up; then of the output of attention
    private AlignedFloats wide; // queries, keys and values; then gates, and beside them what they let through
    private AlignedFloats update;
    private AlignedFloats left; // factors of the rotary embedding
    private AlignedFloats right;

    // The step that is under way.
    private int block;
    private float[] norm = [];
    private bool updated;

    public ForwardPass(LlamaModel model)
    {
        this.model = model;
        config = model.Config;
        projectedLength = config.QueryLength + 2 * config.KeyValueLength;
        attentions = new Pool<Attention>(() => new Attention(config));
        embed = new RowWork(8, EmbedRow);
        normalise = new RowWork(8, row => Normalise(row, row));
        remember = new RowWork(16, RememberRow);
        gate = new RowWork(1, GateRow);
        attend = new AttentionWork(this);
    }

    /// <summary>Adds the tokens of each part to its cache, and gives logits.</summary>
    /// <param name="model">The model, which lends a pass.</param>
    /// <param name="parts">The parts; their caches have room.</param>
    /// <param name="ids">The tokens of all parts, one part after the other.</param>
    /// <param name="results">Receives [parts, vocabulary], what follows each part's last token, or [tokens, vocabulary].</param>
    /// <param name="onlyLast">Which of the two.</param>
    public static void Run(
        LlamaModel model, ReadOnlySpan<BatchPart> parts, ReadOnlySpan<int> ids, Span<float> results, bool onlyLast)
    {
        ForwardPass pass = model.Passes.Rent();
        try
        {
            pass.Run(parts, ids, results, onlyLast);
        }
        finally
        {
            model.Passes.Return(pass);
        }
    }

    public void Dispose() => attentions.Dispose();

    private void Run(ReadOnlySpan<BatchPart> parts, ReadOnlySpan<int> ids, Span<float> results, bool onlyLast)
    {
        int batches = (ids.Length + MaxBatch - 1) / MaxBatch;
        int most = (ids.Length + batches - 1) / batches;
        Reserve(most);
        int part = 0;
        int taken = 0; // of that part
        for (int start = 0; start < ids.Length; start += most)
        {
            int rows = Math.Min(most, ids.Length - start);
            ids.Slice(start, rows).CopyTo(tokens);
            segments.Clear();
            for (int row = 0; row < rows; row += segments[^1].Rows)
            {
                BatchPart from = parts[part];
                int count = Math.Min(from.Count - taken, rows - row);
                bool ends = taken + count == from.Count;
                segments.Add(new BatchSegment(from.Cache, from.Position + taken, row, count, ends));
                (part, taken) = ends ? (part + 1, 0) : (part, taken + count);
            }

            RunBlocks(rows);
            int outputs = NormaliseOutputs(rows, onlyLast);
            int values = outputs * model.Weights.Output.OutFeatures;
            Multiply(model.Weights.Output, input.Span, results[..values], outputs);
            results = results[values..];
        }
    }

    private void RunBlocks(int rows)
    {
        FindTiles();
        Share(embed, rows);
        updated = false;
        for (block = 0; block < config.BlockCount; block++)
        {
            LlamaBlock weights = model.Weights.Blocks[block];
            norm = weights.AttentionNorm;
            Share(normalise, rows);
            weights.QueryKeyValue.MatMul(input.Span[..(rows * config.EmbeddingLength)],
                wide.Span[..(rows * projectedLength)], rows, model.Compute);
            Share(remember, rows);
            Attend();
            Multiply(weights.AttentionOutput, input.Span, update.Span, rows);
            updated = true;
            norm = weights.FeedForwardNorm;
            Share(normalise, rows);
            weights.GateUp.MatMul(input.Span[..(rows * config.EmbeddingLength)],
                wide.Span[..(rows * 2 * config.FeedForwardLength)], rows, model.Compute);
            Share(gate, rows);
            MultiplyGated(weights.Down, rows);
        }

        norm = model.Weights.OutputNorm;
    }

    private void EmbedRow(int row)
    {
        long start = (long)tokens[row] * config.EmbeddingLength;
        model.File.ReadFloats(model.Weights.Embedding, start, Row(stream, row, config.EmbeddingLength));
        BatchSegment segment = SegmentOf(row);
        int length = model.Rope.Length;
        model.Rope.Angles(segment.Position + row - segment.FirstRow, Row(left, row, length), Row(right, row, length));
    }

    // Adds what the last layer gave, while the row is at hand.
    private void Normalise(int row, int to)
    {
        Span<float> values = Row(stream, row, config.EmbeddingLength);
        if (updated)
        {
            VectorMath.Add(Row(update, row, config.EmbeddingLength), values);
        }

        VectorMath.RmsNorm(values, norm, config.RmsEpsilon, Row(input, to, config.EmbeddingLength));
    }

    // Turns queries and keys, and stores keys and values.
    private void RememberRow(int row)
    {
        Span<float> projected = Row(wide, row, projectedLength);
        int length = config.HeadLength;
        for (int start = 0; start < config.QueryLength + config.KeyValueLength; start += length)
        {
            VectorMath.Rotate(projected.Slice(start, length), Row(left, row, model.Rope.Length), Row(right, row, model.Rope.Length));
        }

        BatchSegment segment = SegmentOf(row);
        Span<float> keys = projected.Slice(config.QueryLength, config.KeyValueLength);
        Span<float> values = projected[(config.QueryLength + config.KeyValueLength)..];
        for (int head = 0; head < config.KeyValueHeadCount; head++)
        {
            segment.Cache.Store(block, head, segment.Position + row - segment.FirstRow,
                keys.Slice(head * length, length), values.Slice(head * length, length));
        }
    }

    private void GateRow(int row)
    {
        Span<float> both = Row(wide, row, 2 * config.FeedForwardLength);
        VectorMath.SwiGlu(both[..config.FeedForwardLength], both[config.FeedForwardLength..]);
    }

    private void FindTiles()
    {
        tiles.Clear();
        int most = Attention.RowsAtATime(config);
        foreach (BatchSegment segment in segments)
        {
            for (int row = 0; row < segment.Rows; row += most)
            {
                tiles.Add(new AttentionTile(
                    segment.Cache, segment.Position + row, segment.FirstRow + row, Math.Min(most, segment.Rows - row)));
            }
        }
    }

    private void Attend()
    {
        long work = 0;
        foreach (AttentionTile tile in tiles)
        {
            work += 2L * tile.Rows * (tile.Position + tile.Rows) * config.QueryLength;
        }

        Share(attend, tiles.Count * config.KeyValueHeadCount, work >= WorthSharing);
    }

    private void AttendTile(int piece)
    {
        (int index, int head) = Math.DivRem(piece, config.KeyValueHeadCount);
        AttentionTile tile = tiles[index];
        Attention attention = attentions.Rent();
        attention.Run(tile.Cache, block, head, tile.Position, tile.Rows,
            wide.Span[(tile.FirstRow * projectedLength)..], projectedLength, input.Span[(tile.FirstRow * config.QueryLength)..]);
        attentions.Return(attention);
    }

    // Gives the rows whose logits are asked for, one after the other, as the input of the output layer.
    private int NormaliseOutputs(int rows, bool onlyLast)
    {
        if (!onlyLast)
        {
            Share(normalise, rows);
            return rows;
        }

        int outputs = 0;
        foreach (BatchSegment segment in segments)
        {
            if (segment.EndsPart)
            {
                Normalise(segment.FirstRow + segment.Rows - 1, outputs++);
            }
        }

        return outputs;
    }

    private void Multiply(PackedWeights weights, ReadOnlySpan<float> x, Span<float> y, int rows) =>
        weights.MatMul(x[..(rows * weights.InFeatures)], y[..(rows * weights.OutFeatures)], rows, compute: model.Compute);

    private void MultiplyGated(PackedWeights down, int rows)
    {
        int length = config.FeedForwardLength;
        var both = new ReadOnlyTensorSpan<float>(wide.Span, [rows, 2 * length]);
        var results = new TensorSpan<float>(update.Span, [rows, config.EmbeddingLength]);
        down.MatMul(both.Slice([0.., 0..length]), results, compute: model.Compute);
    }

    private void Share(RowWork work, int rows)
    {
        work.Rows = rows;
        int pieces = (rows + work.RowsAPiece - 1) / work.RowsAPiece;
        Share(work, pieces, worthIt: pieces > 1);
    }

    private void Share(TeamWork work, int pieces, bool worthIt)
    {
        if (worthIt)
        {
            model.Compute.Run(work, pieces);
            return;
        }

        for (int piece = 0; piece < pieces; piece++)
        {
            work.Run(piece);
        }
    }

    private BatchSegment SegmentOf(int row)
    {
        int low = 0;
        int high = segments.Count - 1;
        while (low < high)
        {
            int middle = (low + high + 1) / 2;
            (low, high) = segments[middle].FirstRow <= row ? (middle, high) : (low, middle - 1);
        }

        return segments[low];
    }

    private void Reserve(int rows)
    {
        if (rows <= capacity)
        {
            return;
        }

        tokens = new int[rows];
        stream = Rows(config.EmbeddingLength);
        input = Rows(Math.Max(config.EmbeddingLength, config.QueryLength));
        wide = Rows(Math.Max(projectedLength, 2 * config.FeedForwardLength));
        update = Rows(config.EmbeddingLength);
        left = Rows(model.Rope.Length);
        right = Rows(model.Rope.Length);
        capacity = rows;

        AlignedFloats Rows(int length) => new(checked(rows * length));
    }

    private static Span<float> Row(AlignedFloats matrix, int row, int length) => matrix.Span.Slice(row * length, length);

    /// <summary>What is done to each row by itself.</summary>
    private sealed class RowWork(int rowsAPiece, Action<int> body) : TeamWork
    {
        public int RowsAPiece { get; } = rowsAPiece;

        public int Rows { get; set; }

        public override void Run(int piece)
        {
            int end = Math.Min(Rows, (piece + 1) * RowsAPiece);
            for (int row = piece * RowsAPiece; row < end; row++)
            {
                body(row);
            }
        }
    }

    private sealed class AttentionWork(ForwardPass pass) : TeamWork
    {
        public override void Run(int piece) => pass.AttendTile(piece);
    }

    /// <summary>Neighbouring rows of a batch that are tokens of one part; whether the last one is the part's last.</summary>
    private readonly record struct BatchSegment(KeyValueCache Cache, int Position, int FirstRow, int Rows, bool EndsPart);

    /// <summary>Rows of a segment that attend together.</summary>
    private readonly record struct AttentionTile(KeyValueCache Cache, int Position, int FirstRow, int Rows);
}
