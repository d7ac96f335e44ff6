// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp.Models.Tests;

/// <summary>The products of attention, with vectors of every width, against one number after the other.</summary>
public class AttentionMathTests
{
    private const int Queries = AttentionMath.Queries;
    private const int Page = AttentionMath.PagePositions;

    public static TheoryData<int> Lengths => [1, 7, 8, 10, 24, 64, 80, 128];

    [Theory]
    [MemberData(nameof(Lengths))]
    public void ScoresAreThoseOfEachKey(int length)
    {
        AssertScores(length, AttentionMath.Scores);
        AssertScores(length, AttentionMath.Scores<Lanes4>);
        AssertScores(length, AttentionMath.Scores<Lanes8>);
        AssertScores(length, AttentionMath.Scores<Lanes16>);
    }

    [Theory]
    [MemberData(nameof(Lengths))]
    public void WeightedValuesAreAddedInTheirOrder(int length)
    {
        int padded = (length + 7) / 8 * 8;
        AssertSums(padded, AttentionMath.AddWeighted);
        AssertSums(padded, (weights, stride, values, positions, sums) => Narrower<Lanes4>(weights, stride, values, positions, sums, 0));
        AssertSums(padded, (weights, stride, values, positions, sums) => Narrower<Lanes4>(weights, stride, values, positions, sums,
            AttentionMath.AddWeighted<Lanes8>(weights, stride, values, positions, sums, 0)));
        AssertSums(padded, (weights, stride, values, positions, sums) => Narrower<Lanes4>(weights, stride, values, positions, sums,
            AttentionMath.AddWeighted<Lanes16>(weights, stride, values, positions, sums, 0)));
    }

    private static void Narrower<T>(
        ReadOnlySpan<float> weights, int stride, ReadOnlySpan<float> values, int positions, Span<float> sums, int column)
        where T : struct, ILanes<T> =>
        Assert.Equal(sums.Length / Queries, AttentionMath.AddWeighted<T>(weights, stride, values, positions, sums, column));

    private delegate void Score(
        ReadOnlySpan<float> queries, ReadOnlySpan<float> keys, int positions, float scale, Span<float> scores, int stride, Span<float> partial);

    private delegate void Add(ReadOnlySpan<float> weights, int stride, ReadOnlySpan<float> values, int positions, Span<float> sums);

    private static void AssertScores(int length, Score score)
    {
        const int Stride = 2 * Page + 3;
        (float[] queries, float[] keys) = (Draw(Queries * length, 1), Draw(length * Page, 2));
        var partial = new float[AttentionMath.PartialSums];
        foreach (int positions in new[] { 1, 8, 33, Page })
        {
            var scores = new float[Queries * Stride];
            score(queries, keys, positions, 0.3f, scores, Stride, partial);
            for (int query = 0; query < Queries; query++)
            {
                for (int t = 0; t < positions; t++)
                {
                    float expected = VectorMath.Dot(Column(queries, Queries, query), Column(keys, Page, t)) * 0.3f;
                    AssertSameBits(expected, scores[query * Stride + t]);
                }

                Assert.All(scores.AsSpan(query * Stride + Page, Stride - Page).ToArray(), unused => Assert.Equal(0, unused));
            }

            Assert.Throws<ArgumentOutOfRangeException>(
                () => score(queries, keys, positions, 0.3f, scores.AsSpan(0, 3 * Stride + Page - 1), Stride, partial));
            Assert.Throws<ArgumentOutOfRangeException>(() => score(queries, keys.AsSpan(1), positions, 0.3f, scores, Stride, partial));
            Assert.Throws<ArgumentOutOfRangeException>(() => score(queries, keys, positions, 0.3f, scores, Stride, partial.AsSpan(1)));
        }
    }

    private static void AssertSums(int length, Add add)
    {
        const int Stride = Page + 5;
        (float[] weights, float[] values, float[] before) =
            (Draw(Queries * Stride, 3), Draw(Page * length, 4), Draw(Queries * length, 5));
        foreach (int positions in new[] { 1, 2, 33, Page })
        {
            float[] sums = [.. before];
            add(weights, Stride, values, positions, sums);
            for (int i = 0; i < sums.Length; i++)
            {
                float expected = before[i];
                for (int t = 0; t < positions; t++)
                {
                    expected = MathF.FusedMultiplyAdd(
                        weights[i / length * Stride + t], values[t * length + i % length], expected);
                }

                AssertSameBits(expected, sums[i]);
            }

            Assert.Throws<ArgumentOutOfRangeException>(
                () => add(weights.AsSpan(0, 3 * Stride + positions - 1), Stride, values, positions, sums));
            Assert.Throws<ArgumentOutOfRangeException>(
                () => add(weights, Stride, values.AsSpan(0, positions * length - 1), positions, sums));
        }
    }

    private static float[] Column(float[] matrix, int width, int column) =>
        [.. Enumerable.Range(0, matrix.Length / width).Select(row => matrix[row * width + column])];

    private static void AssertSameBits(float expected, float found) =>
        Assert.Equal(BitConverter.SingleToUInt32Bits(expected), BitConverter.SingleToUInt32Bits(found));

    private static float[] Draw(int length, int seed)
    {
        var random = new Random(seed * 1000 + length);
        return [.. Enumerable.Range(0, length).Select(_ => (float)(random.NextDouble() * 2 - 1))];
    }
}
