// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp.Tests;

public sealed class LosslessWeightsTests
{
    // The value of each weight, as the source defines it, has to come back.
    [Theory]
    [InlineData(64, 32, 0.25f, null, "int4/32")]
    [InlineData(64, 32, 0.25f, 8, "int4/32")]
    [InlineData(64, 32, 0.1f, null, "int4-asymmetric/32")]
    [InlineData(64, 32, 0.25f, 3, "int4-asymmetric/32")]
    [InlineData(64, 64, 0.1f, null, "int4-channel")]
    [InlineData(64, 64, 0.25f, 5, "int4-asymmetric/64")]
    [InlineData(62, 62, 0.1f, 8, "int4-channel")]
    [InlineData(65600, 65600, 0.25f, null, "int4/13120")]
    [InlineData(36864, 18432, 0.25f, 2, "int4-asymmetric/9216")]
    public void The_format_that_loses_nothing_is_chosen(int k, int group, float scale, int? zeroPoint, string format)
    {
        const int N = 2;
        byte[] codes = new Drawn(k).Codes(N * k / 2);
        float[] scales = [.. Enumerable.Range(1, N * k / group).Select(i => scale * (1 << (i % 3)))];
        byte[] zeroPoints = zeroPoint is { } z ? [.. scales.Select(_ => (byte)z)] : [];
        QuantizedWeights weights = LosslessWeights.Int4(N, k, group, codes, scales, zeroPoints);
        Assert.Equal(format, weights.Format.ToString());
        float[] values = weights.Dequantize();
        for (int i = 0; i < values.Length; i++)
        {
            Assert.Equal((Formats.Nibble(codes, i) - (zeroPoint ?? 8)) * (double)scales[i / group], values[i], 1e-6);
        }

        QuantizedWeights swapped = LosslessWeights.Int4(
            N, k, group, [.. codes.Select(code => (byte)((code >> 4) | (code << 4)))], scales, zeroPoints, NibbleOrder.EvenHigh);
        Assert.Equal(weights.Codes.ToArray(), swapped.Codes.ToArray());
    }

    [Fact]
    public void One_scale_that_no_bfloat16_holds_is_enough_for_another_format()
    {
        Assert.Equal("int4/32", LosslessWeights.Int4(1, 64, 32, new byte[32], [0.25f, 3f]).Format.ToString());
        Assert.Equal("int4-asymmetric/32", LosslessWeights.Int4(1, 64, 32, new byte[32], [0.25f, 0.1f]).Format.ToString());
    }

    [Theory]
    [InlineData(96, 48, 8)]
    [InlineData(62, 62, 7)]
    [InlineData(96, 64, 8)]
    [InlineData(64, 0, 8)]
    [InlineData(63, 63, 8)]
    public void Groups_that_no_format_has_are_refused(int k, int group, byte zeroPoint)
    {
        var error = Assert.Throws<ArgumentException>(() => LosslessWeights.Int4(1, k, group, new byte[k / 2], [1], [zeroPoint]));
        Assert.Contains($"groupSize {group} of inFeatures {k}", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_not_exact_is_refused_until_a_rounding_is_named()
    {
        float scale = MathF.BitIncrement(1);
        Assert.Throws<ArgumentException>(() => LosslessWeights.Int4(1, 32, 32, new byte[16], [scale], [5]));
        Assert.Equal(3.0000005f, LosslessWeights.Int4(1, 32, 32, new byte[16], [scale], [5], rounding: Rounding.ToEven).Zeros[0]);
    }

    [Fact]
    public void Int8_has_one_scale_a_row()
    {
        QuantizedWeights weights = LosslessWeights.Int8(2, 2, [1, -2, 3, -4], [0.1f, 0.2f]);
        Assert.Equal(WeightFormat.Int8Channel, weights.Format);
        Assert.Equal([0.1f, -0.2f, 3 * 0.2f, -0.8f], weights.Dequantize());
        Assert.Throws<ArgumentException>(() => LosslessWeights.Int8(2, 2, [1, -2, 3, -4], [0.1f]));
    }
}
