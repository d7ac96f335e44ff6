// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp.Models.Tests;

public class VectorMathTests
{
    public static TheoryData<int> Lengths => [1, 2, 7, 8, 9, 15, 16, 17, 31, 64, 100, 172];

    [Theory]
    [MemberData(nameof(Lengths))]
    public void DotFollowsItsOrderToTheBit(int length)
    {
        (float[] x, float[] y) = (Draw(length, 1), Draw(length, 2));
        var lanes = new float[8];
        for (int i = 0; i < length; i++)
        {
            lanes[i % 8] = MathF.FusedMultiplyAdd(x[i], y[i], lanes[i % 8]);
        }

        float expected = (lanes[0] + lanes[4] + (lanes[2] + lanes[6])) + (lanes[1] + lanes[5] + (lanes[3] + lanes[7]));
        Assert.Equal(BitConverter.SingleToUInt32Bits(expected), BitConverter.SingleToUInt32Bits(VectorMath.Dot(x, y)));
    }

    [Theory]
    [MemberData(nameof(Lengths))]
    public void DotsAreThoseOfEachRow(int length)
    {
        foreach (int rows in new[] { 1, 3, 4, 9 })
        {
            int stride = length + 5;
            (float[] x, float[] matrix, var found) = (Draw(length, 3), Draw((rows - 1) * stride + length, 4), new float[rows]);
            VectorMath.Dots(x, matrix, stride, 0.3f, found);
            Assert.Equal(Enumerable.Range(0, rows).Select(t => VectorMath.Dot(x, matrix.AsSpan(t * stride, length)) * 0.3f), found);
            Assert.Throws<ArgumentOutOfRangeException>(() => VectorMath.Dots(x, matrix.AsSpan(1), stride, 1, found));
        }
    }

    [Theory]
    [MemberData(nameof(Lengths))]
    public void WeightedSumFollowsItsOrderToTheBit(int length)
    {
        foreach (int rows in new[] { 1, 2, 9 })
        {
            int stride = length + 3;
            (float[] weights, float[] matrix, var found) = (Draw(rows, 5), Draw((rows - 1) * stride + length, 6), new float[length]);
            VectorMath.WeightedSum(weights, matrix, stride, found);
            Assert.Equal(Enumerable.Range(0, length).Select(Expected), found);
            float Expected(int i) => Enumerable.Range(0, rows)
                .Aggregate(0f, (sum, t) => MathF.FusedMultiplyAdd(weights[t], matrix[t * stride + i], sum));

            Assert.Throws<ArgumentOutOfRangeException>(() => VectorMath.WeightedSum(weights, matrix.AsSpan(1), stride, found));
        }
    }

    [Theory]
    [MemberData(nameof(Lengths))]
    public void RmsNormNormalises(int length)
    {
        (float[] x, float[] weight, var y) = (Draw(length, 5), Draw(length, 6), new float[length]);
        VectorMath.RmsNorm(x, weight, 1e-5f, y);
        double scale = 1 / Math.Sqrt(x.Sum(v => (double)v * v) / length + 1e-5);
        AssertClose([.. x.Select((v, i) => v * scale * weight[i])], y);
    }

    [Theory]
    [MemberData(nameof(Lengths))]
    public void SoftmaxGivesProbabilities(int length)
    {
        float[] x = [.. Draw(length, 7).Select(v => v * 20)];
        double largest = x.Max();
        double sum = x.Sum(v => Math.Exp(v - largest));
        double[] expected = [.. x.Select(v => Math.Exp(v - largest) / sum)];
        VectorMath.Softmax(x);
        AssertClose(expected, x);
    }

    [Theory]
    [MemberData(nameof(Lengths))]
    public void SwiGluGates(int length)
    {
        float[] gate = [.. Draw(length, 8).Select(v => v * 30)];
        float[] up = Draw(length, 9);
        double[] expected = [.. gate.Select((g, i) => g / (1 + Math.Exp(-g)) * up[i])];
        VectorMath.SwiGlu(gate, up);
        AssertClose(expected, gate);
    }

    [Fact]
    public void SwiGluOfLargeGates()
    {
        float[] gate = [1000, -1000, float.NaN];
        VectorMath.SwiGlu(gate, [2, 2, 2]);
        Assert.Equal([2000, -0f, float.NaN], gate);
    }

    [Fact]
    public void RotateTurnsPairsAndLeavesTheRest()
    {
        float[] head = [1, 2, 3, 4, 5, 6];
        VectorMath.Rotate(head, [0, 0.6f], [1, 0.8f]);
        AssertClose([-2, 1, 3 * 0.6 - 4 * 0.8, 3 * 0.8 + 4 * 0.6, 5, 6], head);
    }

    private static float[] Draw(int length, int seed)
    {
        var random = new Random(seed * 1000 + length);
        return [.. Enumerable.Range(0, length).Select(_ => (float)(random.NextDouble() * 2 - 1))];
    }

    private static void AssertClose(double[] expected, float[] found)
    {
        Assert.Equal(expected.Length, found.Length);
        for (int i = 0; i < found.Length; i++)
        {
            Assert.True(Math.Abs(found[i] - expected[i]) <= 1e-5 * Math.Abs(expected[i]) + 1e-9,
                $"[{i}]: expected {expected[i]:R}, found {found[i]:R}");
        }
    }
}
