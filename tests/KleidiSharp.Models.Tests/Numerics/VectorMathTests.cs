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

    [Theory]
    [InlineData(4)]
    [InlineData(8)]
    [InlineData(10)]
    [InlineData(64)]
    public void RotateTurnsPairsAndLeavesTheRest(int length)
    {
        (float[] head, float[] cos, float[] sin) = (Draw(length + 2, 1), Draw(length / 2, 2), Draw(length / 2, 3));
        float[] expected = [.. head];
        var (left, right) = (new float[length], new float[length]);
        for (int i = 0; i < cos.Length; i++)
        {
            (float a, float b) = (head[2 * i], head[2 * i + 1]);
            expected[2 * i] = MathF.FusedMultiplyAdd(a, cos[i], -(b * sin[i]));
            expected[2 * i + 1] = MathF.FusedMultiplyAdd(a, sin[i], b * cos[i]);
            (left[2 * i], left[2 * i + 1], right[2 * i], right[2 * i + 1]) = (cos[i], sin[i], -sin[i], cos[i]);
        }

        VectorMath.Rotate(head, left, right);
        Assert.Equal(expected, head);
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
