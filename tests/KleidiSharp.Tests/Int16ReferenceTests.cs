// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp.Tests;

public sealed class Int16ReferenceTests
{
    [Fact]
    public void Codes_are_steps_of_the_largest_magnitude()
    {
        float scale = Int16Reference.ScaleOf([1f, -65534f, 3f]);
        Assert.Equal(2f, scale);
        var codes = new short[5];
        Int16Reference.Quantize([1f, -65534f, 3f, 1e9f, -1e9f], scale, codes);
        Assert.Equal([0, -32767, 2, 32767, -32768], codes);
        var row = new float[5];
        Int16Reference.Dequantize(codes, scale, row);
        Assert.Equal([0, -65534, 4, 65534, -65536], row);
        Assert.Equal(1, Int16Reference.ScaleOf([0f, -0f]));
        Assert.True(float.IsNaN(Int16Reference.ScaleOf([1f, float.NaN])));
        Assert.True(float.IsNaN(Int16Reference.ScaleOf([float.NegativeInfinity])));
    }

    [Fact]
    public void Sums_are_exact_beyond_32_bits()
    {
        // 65536 · 32767 · 127 - 1 · 32767 is nearly 2^38.
        const int K = 65536;
        var codes = new sbyte[K];
        codes.AsSpan().Fill(127);
        codes[7] = 126;
        QuantizedWeights weights = QuantizedWeights.FromSignedCodes(WeightFormat.Int8Channel, 1, K, codes, [0.5f]);
        var x = new short[K];
        x.AsSpan().Fill(32767);
        var y = new float[1];
        Int16Reference.MatMul(weights, [1e9f], x, [0.25f], y, 1);
        Assert.Equal(((float)272722067457L * 0.125f) + 1e9f, y[0]);
    }

    [Fact]
    public void Int4_weights_and_a_range_of_results()
    {
        QuantizedWeights weights = QuantizedWeights.FromSignedCodes(WeightFormat.Int4Channel, 2, 3, [1, -8, 7, 2, 3, -4], [0.5f, 2]);
        var y = new float[4];
        Int16Reference.MatMul(weights, [], [100, -200, 300, 1, 2, 3], [0.1f, 1], y, 2, new Clamp(-100, 150));
        Assert.Equal([150f, -100f, 3f, -8f], y);
        Int16Reference.MatMul(weights, [], [100, -200, 300, 1, 2, 3], [float.NaN, 1], y, 2);
        Assert.Equal(0x7FC00000u, BitConverter.SingleToUInt32Bits(y[0]));
        Assert.Equal([3f, -8f], y[2..]);
        Assert.Throws<ArgumentException>(() => Int16Reference.MatMul(
            new Drawn(1).Weights(WeightFormat.Q4_0, 1, 32), [], new short[32], [1], new float[1], 1));
    }
}
