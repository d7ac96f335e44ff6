// SPDX-License-Identifier: Apache-2.0
using System.Numerics.Tensors;

namespace KleidiSharp.Models;

/// <summary>
/// Attention of some rows of one part of a batch to one key-value head, for all heads that share it: their queries are
/// worked on four at a time, so that keys and values are read once for each four. For one thread at a time.
/// </summary>
internal sealed class Attention(LlamaConfig config)
{
    private const int Queries = AttentionMath.Queries;
    private const int PagePositions = AttentionMath.PagePositions;

    // So many share a page of keys while it is in the nearest cache.
    private const int MostQueries = 32;

    private readonly int length = config.HeadLength;
    private readonly int paddedLength = config.PaddedHeadLength;
    private readonly int sharers = config.HeadCount / config.KeyValueHeadCount;
    private readonly float scale = 1 / MathF.Sqrt(config.HeadLength);
    private readonly AlignedFloats partial = new(AttentionMath.PartialSums);
    private AlignedFloats queries;
    private AlignedFloats scores;
    private AlignedFloats sums;
    private int capacity;
    private int scoreCapacity;

    /// <summary>Rows of a part that are best done in one call.</summary>
    public static int RowsAtATime(LlamaConfig config) =>
        Math.Max(1, MostQueries / (config.HeadCount / config.KeyValueHeadCount));

    /// <summary>Attends from rows whose keys and values are in the cache already.</summary>
    /// <param name="cache">The keys and values of positions 0 up to that of the last row.</param>
    /// <param name="block">The transformer block.</param>
    /// <param name="head">The key-value head.</param>
    /// <param name="position">The position of the first row.</param>
    /// <param name="rows">How many rows, at least 1.</param>
    /// <param name="projected">For each row the queries of all heads, then what does not matter.</param>
    /// <param name="stride">Elements from one row of <paramref name="projected"/> to the next.</param>
    /// <param name="attended">Receives the results, for each row those of all heads.</param>
    public void Run(
        KeyValueCache cache, int block, int head, int position, int rows,
        ReadOnlySpan<float> projected, int stride, Span<float> attended)
    {
        int count = rows * sharers;
        int padded = (count + Queries - 1) / Queries * Queries;
        int pages = (position + rows + PagePositions - 1) / PagePositions;
        Reserve(padded, pages);
        GatherQueries(head, count, projected, stride);
        for (int page = 0; page < pages; page++)
        {
            Score(cache.Keys(page, block, head), page, position, count, pages * PagePositions);
        }

        Span<float> weights = scores.Span;
        for (int i = 0; i < count; i++)
        {
            VectorMath.Softmax(weights.Slice(i * pages * PagePositions, Seen(position, i)));
        }

        sums.Span[..(padded * paddedLength)].Clear();
        for (int page = 0; page < pages; page++)
        {
            AddValues(cache.Values(page, block, head), page, position, count, pages * PagePositions);
        }

        for (int i = 0; i < count; i++)
        {
            (int row, int sharer) = Math.DivRem(i, sharers);
            sums.Span.Slice(i * paddedLength, length)
                .CopyTo(attended[(row * config.QueryLength + (head * sharers + sharer) * length)..]);
        }
    }

    // The positions that a query looks at: up to its own.
    private int Seen(int position, int query) => position + query / sharers + 1;

    // [four, value, query of the four]
    private void GatherQueries(int head, int count, ReadOnlySpan<float> projected, int stride)
    {
        for (int i = 0; i < count; i++)
        {
            (int row, int sharer) = Math.DivRem(i, sharers);
            ReadOnlySpan<float> query = projected.Slice(row * stride + (head * sharers + sharer) * length, length);
            Span<float> gathered = queries.Span[(i / Queries * Queries * length + i % Queries)..];
            for (int n = 0, at = 0; n < query.Length; n++, at += Queries)
            {
                gathered[at] = query[n];
            }
        }
    }

    private void Score(ReadOnlySpan<float> keys, int page, int position, int count, int stride)
    {
        for (int i = 0; i < count; i += Queries)
        {
            int last = Math.Min(i + Queries, count) - 1;
            int positions = Math.Min(Seen(position, last) - page * PagePositions, PagePositions);
            if (positions > 0)
            {
                AttentionMath.Scores(queries.Span.Slice(i * length, Queries * length), keys, positions, scale,
                    scores.Span[(i * stride + page * PagePositions)..], stride, partial.Span);
            }
        }
    }

    // What all four of a kind see goes together; what the later ones see beyond that follows one by one.
    private void AddValues(ReadOnlySpan<float> values, int page, int position, int count, int stride)
    {
        int start = page * PagePositions;
        for (int i = 0; i < count; i += Queries)
        {
            int common = Math.Clamp(Seen(position, i) - start, 0, PagePositions);
            ReadOnlySpan<float> weights = scores.Span[(i * stride + start)..];
            Span<float> four = sums.Span.Slice(i * paddedLength, Queries * paddedLength);
            if (common > 0)
            {
                AttentionMath.AddWeighted(weights, stride, values, common, four);
            }

            for (int query = 1; query < Queries && i + query < count; query++)
            {
                int seen = Math.Min(Seen(position, i + query) - start, PagePositions);
                Span<float> sum = four.Slice(query * paddedLength, paddedLength);
                for (int t = common; t < seen; t++)
                {
                    TensorPrimitives.FusedMultiplyAdd(
                        values.Slice(t * paddedLength, paddedLength), weights[query * stride + t], sum, sum);
                }
            }
        }
    }

    private void Reserve(int padded, int pages)
    {
        if (padded > capacity)
        {
            queries = new AlignedFloats(padded * length);
            sums = new AlignedFloats(padded * paddedLength);
            capacity = padded;
        }

        int needed = checked(padded * pages * PagePositions);
        if (needed > scoreCapacity)
        {
            // Somewhat more than needed, for the tokens to come.
            scoreCapacity = checked(needed + padded * Math.Max(4, pages / 4) * PagePositions);
            scores = new AlignedFloats(scoreCapacity);
        }
    }
}
