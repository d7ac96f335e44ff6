// SPDX-License-Identifier: Apache-2.0
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace KleidiSharp.Models;

/// <summary>
/// The products of attention, for four queries at once over a page of <see cref="PagePositions"/> positions. Vectors run
/// over positions or over values of the result, so that their width does not touch the order in which anything is added.
/// </summary>
internal static class AttentionMath
{
    /// <summary>Queries that are worked on together.</summary>
    public const int Queries = 4;

    /// <summary>Positions whose keys and values lie together.</summary>
    public const int PagePositions = 64;

    /// <summary>Floats that <see cref="Scores"/> needs to work in.</summary>
    public const int PartialSums = Levels * Tile * 16;

    // Vectors of results that are in the making at a time: two for each query.
    private const int Tile = 2 * Queries;

    // A sum in 8 lanes, ((0+4)+(2+6))+((1+5)+(3+7)): taken in this order, a lane's sum, or that of a pair or of four, waits
    // for its partner only.
    private const int Levels = 3;

    private static ReadOnlySpan<byte> LaneOrder => [0, 4, 2, 6, 1, 5, 3, 7];

    /// <summary>
    /// scores[q, t] = <see cref="VectorMath.Dot"/>(query q, key t)·scale for the first positions of a page; what follows
    /// up to a multiple of 32 is overwritten with numbers that mean nothing.
    /// </summary>
    /// <param name="queries">[value, 4 queries].</param>
    /// <param name="keys">[value, position].</param>
    /// <param name="positions">Positions that count, 1 to 64.</param>
    /// <param name="scale">Multiplies each product.</param>
    /// <param name="scores">Receives four rows of scores.</param>
    /// <param name="stride">Elements from one query's scores to the next one's.</param>
    /// <param name="partial">Memory to work in, <see cref="PartialSums"/> floats.</param>
    public static void Scores(
        ReadOnlySpan<float> queries, ReadOnlySpan<float> keys, int positions, float scale, Span<float> scores, int stride, Span<float> partial)
    {
        if (Vector512.IsHardwareAccelerated)
        {
            Scores<Lanes16>(queries, keys, positions, scale, scores, stride, partial);
        }
        else if (Vector256.IsHardwareAccelerated)
        {
            Scores<Lanes8>(queries, keys, positions, scale, scores, stride, partial);
        }
        else
        {
            Scores<Lanes4>(queries, keys, positions, scale, scores, stride, partial);
        }
    }

    /// <summary>As <see cref="Scores"/>, with vectors of a given width.</summary>
    public static void Scores<T>(
        ReadOnlySpan<float> queries, ReadOnlySpan<float> keys, int positions, float scale, Span<float> scores, int stride, Span<float> partial)
        where T : struct, ILanes<T>
    {
        keys = keys[..(queries.Length / Queries * PagePositions)];
        scores = scores[..((Queries - 1) * stride + PagePositions)];
        partial = partial[..PartialSums];
        for (int t = 0; t < positions; t += 2 * T.Count)
        {
            ScoresOfTile<T>(queries, ref MemoryMarshal.GetReference(keys[t..]), scale, ref MemoryMarshal.GetReference(scores[t..]),
                (nuint)stride, ref MemoryMarshal.GetReference(partial));
        }
    }

    /// <summary>
    /// sums[q, i] = the sum over positions t, ascending, of weights[q, t]·values[t, i], one fused multiply-add each, that
    /// begins with what is in sums.
    /// </summary>
    /// <param name="weights">Four rows of weights.</param>
    /// <param name="stride">Elements from one query's weights to the next one's.</param>
    /// <param name="values">[position, value].</param>
    /// <param name="positions">Positions to add, at least 1.</param>
    /// <param name="sums">[4 queries, value], as many values as the page has, a multiple of 8.</param>
    public static void AddWeighted(
        ReadOnlySpan<float> weights, int stride, ReadOnlySpan<float> values, int positions, Span<float> sums)
    {
        int column = 0;
        if (Vector512.IsHardwareAccelerated)
        {
            column = AddWeighted<Lanes16>(weights, stride, values, positions, sums, column);
        }

        if (Vector256.IsHardwareAccelerated)
        {
            column = AddWeighted<Lanes8>(weights, stride, values, positions, sums, column);
        }

        AddWeighted<Lanes4>(weights, stride, values, positions, sums, column);
    }

    /// <summary>
    /// As <see cref="AddWeighted"/> from a column on, as far as two vectors of a given width go; returns the column after.
    /// </summary>
    public static int AddWeighted<T>(
        ReadOnlySpan<float> weights, int stride, ReadOnlySpan<float> values, int positions, Span<float> sums, int column)
        where T : struct, ILanes<T>
    {
        int length = sums.Length / Queries;
        weights = weights[..((Queries - 1) * stride + positions)];
        values = values[..(positions * length)];
        for (; column <= length - 2 * T.Count; column += 2 * T.Count)
        {
            AddWeightedTile<T>(ref MemoryMarshal.GetReference(weights), (nuint)stride, ref MemoryMarshal.GetReference(values[column..]),
                positions, ref MemoryMarshal.GetReference(sums[column..]), (nuint)length);
        }

        return column;
    }

    private static void ScoresOfTile<T>(
        ReadOnlySpan<float> queries, ref float keys, float scale, ref float scores, nuint stride, ref float partial)
        where T : struct, ILanes<T>
    {
        ref float query = ref MemoryMarshal.GetReference(queries);
        nuint end = (nuint)queries.Length / Queries;
        nuint second = (nuint)T.Count;
        for (int i = 0; i < LaneOrder.Length; i++)
        {
            T a0 = default, a1 = default, b0 = default, b1 = default, c0 = default, c1 = default, d0 = default, d1 = default;
            for (nuint n = LaneOrder[i]; n < end; n += 8)
            {
                T first = T.Load(ref keys, n * PagePositions);
                T next = T.Load(ref keys, n * PagePositions + second);
                T factor = T.Broadcast(Unsafe.Add(ref query, n * Queries));
                a0 = T.FusedMultiplyAdd(factor, first, a0);
                a1 = T.FusedMultiplyAdd(factor, next, a1);
                factor = T.Broadcast(Unsafe.Add(ref query, n * Queries + 1));
                b0 = T.FusedMultiplyAdd(factor, first, b0);
                b1 = T.FusedMultiplyAdd(factor, next, b1);
                factor = T.Broadcast(Unsafe.Add(ref query, n * Queries + 2));
                c0 = T.FusedMultiplyAdd(factor, first, c0);
                c1 = T.FusedMultiplyAdd(factor, next, c1);
                factor = T.Broadcast(Unsafe.Add(ref query, n * Queries + 3));
                d0 = T.FusedMultiplyAdd(factor, first, d0);
                d1 = T.FusedMultiplyAdd(factor, next, d1);
            }

            nuint waiting = 0;
            for (int partners = i; (partners & 1) != 0; partners >>= 1, waiting += Tile * second)
            {
                a0 = T.Load(ref partial, waiting) + a0;
                a1 = T.Load(ref partial, waiting + second) + a1;
                b0 = T.Load(ref partial, waiting + 2 * second) + b0;
                b1 = T.Load(ref partial, waiting + 3 * second) + b1;
                c0 = T.Load(ref partial, waiting + 4 * second) + c0;
                c1 = T.Load(ref partial, waiting + 5 * second) + c1;
                d0 = T.Load(ref partial, waiting + 6 * second) + d0;
                d1 = T.Load(ref partial, waiting + 7 * second) + d1;
            }

            if (i < LaneOrder.Length - 1)
            {
                Store(ref Unsafe.Add(ref partial, waiting), 2 * second, a0, a1, b0, b1, c0, c1, d0, d1);
            }
            else
            {
                T factor = T.Broadcast(scale);
                Store(ref scores, stride,
                    a0 * factor, a1 * factor, b0 * factor, b1 * factor, c0 * factor, c1 * factor, d0 * factor, d1 * factor);
            }
        }
    }

    private static void AddWeightedTile<T>(
        ref float weights, nuint stride, ref float values, int positions, ref float sums, nuint length)
        where T : struct, ILanes<T>
    {
        nuint second = (nuint)T.Count;
        ref float weightsB = ref Unsafe.Add(ref weights, stride);
        ref float weightsC = ref Unsafe.Add(ref weights, 2 * stride);
        ref float weightsD = ref Unsafe.Add(ref weights, 3 * stride);
        T a0 = T.Load(ref sums, 0), a1 = T.Load(ref sums, second);
        T b0 = T.Load(ref sums, length), b1 = T.Load(ref sums, length + second);
        T c0 = T.Load(ref sums, 2 * length), c1 = T.Load(ref sums, 2 * length + second);
        T d0 = T.Load(ref sums, 3 * length), d1 = T.Load(ref sums, 3 * length + second);
        nuint at = 0;
        for (nuint t = 0; t < (nuint)positions; t++)
        {
            T first = T.Load(ref values, at);
            T next = T.Load(ref values, at + second);
            T factor = T.Broadcast(Unsafe.Add(ref weights, t));
            a0 = T.FusedMultiplyAdd(factor, first, a0);
            a1 = T.FusedMultiplyAdd(factor, next, a1);
            factor = T.Broadcast(Unsafe.Add(ref weightsB, t));
            b0 = T.FusedMultiplyAdd(factor, first, b0);
            b1 = T.FusedMultiplyAdd(factor, next, b1);
            factor = T.Broadcast(Unsafe.Add(ref weightsC, t));
            c0 = T.FusedMultiplyAdd(factor, first, c0);
            c1 = T.FusedMultiplyAdd(factor, next, c1);
            factor = T.Broadcast(Unsafe.Add(ref weightsD, t));
            d0 = T.FusedMultiplyAdd(factor, first, d0);
            d1 = T.FusedMultiplyAdd(factor, next, d1);
            at += length;
        }

        Store(ref sums, length, a0, a1, b0, b1, c0, c1, d0, d1);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store<T>(ref float to, nuint stride, T a0, T a1, T b0, T b1, T c0, T c1, T d0, T d1)
        where T : struct, ILanes<T>
    {
        nuint second = (nuint)T.Count;
        a0.Store(ref to, 0);
        a1.Store(ref to, second);
        b0.Store(ref to, stride);
        b1.Store(ref to, stride + second);
        c0.Store(ref to, 2 * stride);
        c1.Store(ref to, 2 * stride + second);
        d0.Store(ref to, 3 * stride);
        d1.Store(ref to, 3 * stride + second);
    }
}
