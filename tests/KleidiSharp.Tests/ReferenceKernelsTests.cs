// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp.Tests;

/// <summary>The specification against numbers worked out by hand.</summary>
public sealed class ReferenceKernelsTests
{
    private const uint QuietNan = 0x7FC00000;

    [Fact]
    public void A_group_is_quantized_with_the_scale_that_was_rounded()
    {
        // 2 / 7.5 = 0.26667 becomes the bfloat16 0.26757813; 1 / that = 3.7372263. Then 1.0 is 3.737 -> 4, -2 is -7.47 -> -7,
        // 2 is 7.47 -> 7, and 0.401367 * 3.7372263 = 1.5 to the last bit, which goes to the even 2.
        var weights = new float[32];
        weights[0] = 1;
        weights[1] = -2;
        weights[2] = 2;
        weights[3] = 0.40136718f;
        QuantizedWeights quantized = ReferenceKernels.Quantize(weights, 1, 32, WeightFormat.Int4Group(32));
        Assert.Equal(0.26757813f, quantized.Scales[0]);
        Assert.Equal([12 | (1 << 4), 15 | (10 << 4), 0x88], quantized.Codes[..3].ToArray());
    }

    [Fact]
    public void A_scale_is_a_normal_number_and_the_range_is_minus_8_to_7()
    {
        var weights = new float[64];
        weights[0] = -1;
        weights[1] = 1;
        QuantizedWeights quantized = ReferenceKernels.Quantize(weights, 1, 64, WeightFormat.Int4Group(32));

        // 1 / 7.5 rounds to 0.13378906, so that 1 is 7.47 steps: nothing is cut here, and zeros are code 8.
        Assert.Equal(1 | (15 << 4), quantized.Codes[0]);
        Assert.Equal(0x88, quantized.Codes[16]);
        Assert.Equal(1.17549435e-38f, quantized.Scales[1]);

        // 1.0625 / 7.5 = 0.14166667 rounds down to 0.14160156, so that ±1.0625 is 7.503 steps: -8, and 8 cut to 7.
        weights[0] = -1.0625f;
        weights[1] = 1.0625f;
        quantized = ReferenceKernels.Quantize(weights, 1, 64, WeightFormat.Int4Group(32));
        Assert.Equal(0 | (15 << 4), quantized.Codes[0]);
    }

    [Fact]
    public void Activations_keep_zero_exact()
    {
        var codes = new sbyte[4];
        ReferenceKernels.QuantizeActivations([0f, 1f, 0.5f, 0.25f], codes, out int zeroPoint, out float scale);
        Assert.Equal(-128, zeroPoint);
        Assert.Equal(1f / 255, scale);

        // 0.5 * 255 = 127.5 goes away from zero to 128, 0.25 * 255 = 63.75 to 64.
        Assert.Equal([-128, 127, 0, -64], codes);

        ReferenceKernels.QuantizeActivations([-0.5f, -1f, -0.25f, -0f], codes, out zeroPoint, out _);
        Assert.Equal(127, zeroPoint);
        Assert.Equal([-1, -128, 63, 127], codes);
    }

    [Fact]
    public void Halves_of_activations_are_rounded_away_from_zero()
    {
        var codes = new sbyte[6];
        ReferenceKernels.QuantizeActivations([127.5f, -127.5f, 2.5f, -2.5f, 0.5f, -0.5f], codes, out int zeroPoint, out float scale);
        Assert.Equal((0, 1f), (zeroPoint, scale));
        Assert.Equal([127, -128, 3, -3, 1, -1], codes);
    }

    [Theory]
    [InlineData(5f, -128, 127)]
    [InlineData(-5f, 127, -128)]
    [InlineData(0f, 127, 127)]
    public void Constant_rows_are_quantized_like_others(float value, int expectedZeroPoint, int expectedCode)
    {
        var codes = new sbyte[3];
        ReferenceKernels.QuantizeActivations([value, value, value], codes, out int zeroPoint, out _);
        Assert.Equal(expectedZeroPoint, zeroPoint);
        Assert.All(codes, code => Assert.Equal(expectedCode, code));
    }

    [Theory]
    [InlineData(float.NaN, 1f)]
    [InlineData(float.PositiveInfinity, 1f)]
    [InlineData(1f, float.NegativeInfinity)]
    [InlineData(float.MaxValue, float.MinValue)]
    public void A_row_without_a_range_has_no_scale(float first, float second)
    {
        var codes = new sbyte[] { 1, 2 };
        ReferenceKernels.QuantizeActivations([first, second], codes, out int zeroPoint, out float scale);
        Assert.Equal(0, zeroPoint);
        Assert.Equal(QuietNan, BitConverter.SingleToUInt32Bits(scale));
        Assert.Equal([0, 0], codes);
    }

    [Fact]
    public void A_row_too_small_for_a_scale_is_zero()
    {
        var codes = new sbyte[] { 1, 2 };
        ReferenceKernels.QuantizeActivations([1e-44f, -1e-45f], codes, out int zeroPoint, out float scale);
        Assert.Equal((0, 0f), (zeroPoint, scale));
        Assert.Equal([0, 0], codes);
    }

    [Fact]
    public void A_row_sum_adds_32_values_at_a_time()
    {
        // 2^24 + 1 - 2^24: in this order the 1 is lost, in any other it is not.
        var codes = new byte[48];
        codes.AsSpan().Fill(0x88);
        codes[0] = 0x89;
        codes[16] = 0x89;
        codes[32] = 0x87;
        var weights = new QuantizedWeights(WeightFormat.Int4Group(32), 1, 96, codes, [16777216f, 1f, 16777216f]);
        Assert.Equal(0f, ReferenceKernels.RowSum(weights, 0));
    }

    [Fact]
    public void F32_starts_from_the_bias_and_rounds_once_a_step()
    {
        // 1 + 2^-23 squared is 1 + 2^-22 + 2^-46: only a fused step keeps the last term against -(1 + 2^-22).
        float x = MathF.BitIncrement(1);
        var y = new float[1];
        ReferenceKernels.MatMul([x], 1, 1, [-(1 + (2 * (x - 1)))], [x], y, 1);
        Assert.Equal(MathF.ScaleB(1, -46), y[0]);
    }

    [Fact]
    public void Int4_multiplies_step_by_step()
    {
        // Weights 1 and -1.5, the rest 0. x = 1, -0.5: 170 steps to 1, zero point -43, codes 127 and -128.
        // 127 * 2 - 128 * -3 = 638 by 0.5 is 319; the sum of the weights, -0.5, by 43 makes 297.5; by 1/170, plus the bias.
        var codes = new byte[16];
        codes.AsSpan().Fill(0x88);
        codes[0] = 10 | (5 << 4);
        var weights = new QuantizedWeights(WeightFormat.Int4Group(32), 1, 32, codes, [0.5f]);
        var x = new float[32];
        x[0] = 1;
        x[1] = -0.5f;
        var y = new float[1];
        ReferenceKernels.MatMul(weights, [0.25f], x, y, 1);
        Assert.Equal((297.5f * (1f / 170)) + 0.25f, y[0]);
        Assert.Equal(2f, y[0], 1e-6f);
    }

    [Fact]
    public void Int4_per_channel_multiplies_step_by_step()
    {
        // Codes 127, -128, -43 with zero point -43, as above; 127 * -8 - 128 * 7 - 43 * 1, and the weights add up to 0.
        QuantizedWeights weights = QuantizedWeights.FromSignedCodes(WeightFormat.Int4Channel, 1, 3, [-8, 7, 1], [0.5f]);
        var y = new float[1];
        ReferenceKernels.MatMul(weights, [0.25f], [1, -0.5f, 0], y, 1);
        Assert.Equal((16 * -1955 * (1f / 170 * (0.5f / 16))) + 0.25f, y[0]);
        Assert.Equal(-5.5f, y[0], 1e-5f);
    }

    [Fact]
    public void Q4_0_multiplies_step_by_step()
    {
        // x: 63.5 / 127 is a step of 0.5, and 1.25 is 2.5 steps, which go away from zero to 3. Weights 3 and -2 by 0.25.
        var block = new byte[18];
        block.AsSpan(2).Fill(0x88);
        block[1] = 0x34;
        block[2] = 11 | (6 << 4);
        var x = new float[32];
        (x[0], x[16]) = (63.5f, 1.25f);
        var y = new float[1];
        ReferenceKernels.MatMul(QuantizedWeights.FromQ4_0(1, 32, block), [1], x, y, 1);
        Assert.Equal((((127 * 3) + (3 * -2)) * 0.125f) + 1, y[0]);

        // A step beyond f16 has no code.
        x[0] = 65520 * 127f;
        ReferenceKernels.MatMul(QuantizedWeights.FromQ4_0(1, 32, block), [1], x, y, 1);
        Assert.Equal(QuietNan, BitConverter.SingleToUInt32Bits(y[0]));
    }

    [Fact]
    public void Asymmetric_int4_multiplies_step_by_step()
    {
        // x: a step of 1, and 2.5 steps go to the even 2. Weights 3 and -2 by 0.5, and all of them plus 10.
        var codes = new byte[16];
        codes.AsSpan().Fill(0x88);
        codes[0] = 11 | (6 << 4);
        QuantizedWeights weights = QuantizedWeights.FromFloatZeros(1, 32, 32, codes, [0.5f], [10]);
        var x = new float[32];
        (x[0], x[1]) = (127, 2.5f);
        var y = new float[1];
        ReferenceKernels.MatMul(weights, [1], x, y, 1);
        Assert.Equal((10 * 129) + (((127 * 3) - 4) * 0.5f) + 1, y[0]);

        // Below 2^-75 a group counts as nothing.
        (x[0], x[1]) = (MathF.BitDecrement(MathF.ScaleB(1, -75)), 0);
        ReferenceKernels.MatMul(weights, [], x, y, 1);
        Assert.Equal(0f, y[0]);
        x[0] = MathF.ScaleB(1, -75);
        ReferenceKernels.MatMul(weights, [], x, y, 1);
        Assert.Equal(MathF.ScaleB(11.5f, -75), y[0], 1e-27f);
        Assert.NotEqual(0f, y[0]);
    }

    [Fact]
    public void Floats_of_16_bits_meet_activations_rounded_to_them()
    {
        // 1 + 2^-11 is a tie of f16, 1 + 2^-8 one of bf16: both go to the even 1.
        AssertTimesTwo(WeightFormat.Float16, 1.00048828125f, 2);
        AssertTimesTwo(WeightFormat.Float16, 1.0009765625f, 2.001953125f);
        AssertTimesTwo(WeightFormat.Float16, 65519, 131008);
        AssertTimesTwo(WeightFormat.Float16, 65520, float.NaN);
        AssertTimesTwo(WeightFormat.BFloat16, 1.00390625f, 2);
        AssertTimesTwo(WeightFormat.BFloat16, 1.01171875f, 2.03125f);
        AssertTimesTwo(WeightFormat.BFloat16, float.MaxValue, float.NaN);

        static void AssertTimesTwo(WeightFormat format, float x, float expected)
        {
            var y = new float[1];
            ReferenceKernels.MatMul(ReferenceKernels.Quantize([2], 1, 1, format), [], [x], y, 1);
            Assert.Equal(expected, y[0]);
        }
    }

    [Fact]
    public void Calibrated_activations_are_rounded_to_even_and_cut_to_the_range()
    {
        var quantization = new QuantParameters(0.5f, 100);
        var codes = new sbyte[6];
        Assert.Equal(0.5f, ReferenceKernels.QuantizeActivations([0, 0.25f, 0.75f, -0.75f, 50, -1e30f], quantization, codes));
        Assert.Equal([100, 100, 102, 98, 127, -128], codes);
        Assert.True(float.IsNaN(ReferenceKernels.QuantizeActivations([float.NaN, float.PositiveInfinity], quantization, codes)));
    }

    [Fact]
    public void Results_become_codes_by_rounding_to_even()
    {
        var format = ActivationFormat.Int8(new QuantParameters(2, -3));
        var row = new byte[7];
        ActivationRows.Write([0, 1, 3, -1, 1e30f, float.NegativeInfinity, float.NaN], format, row);
        Assert.Equal([-3, -3, -1, -3, 127, -128, -3], row.Select(code => (int)(sbyte)code));
        var bits = new byte[6];
        ActivationRows.Write([1.00390625f, BitConverter.UInt32BitsToSingle(QuietNan), float.PositiveInfinity], ActivationFormat.BFloat16, bits);
        Assert.Equal([0x80, 0x3F, 0xC0, 0x7F, 0x80, 0x7F], bits);
        ActivationRows.Write([65520, BitConverter.UInt32BitsToSingle(QuietNan), -0f], ActivationFormat.Float16, bits);
        Assert.Equal([0x00, 0x7C, 0x00, 0x7E, 0x00, 0x80], bits);
    }

    [Fact]
    public void Bad_rows_of_x_are_rows_of_NaN_and_others_are_not()
    {
        var weights = new Drawn(1).Weights(WeightFormat.Int4Group(32), 3, 32);
        float[] x = new Drawn(2).Values(96);
        x[40] = float.NegativeInfinity;
        var y = new float[9];
        ReferenceKernels.MatMul(weights, [], x, y, 3, Clamp.Relu6);
        Assert.All(y[3..6], value => Assert.Equal(QuietNan, BitConverter.SingleToUInt32Bits(value)));
        Assert.All(y[..3].Concat(y[6..]), value => Assert.True(float.IsFinite(value)));

        ReferenceKernels.MatMul(weights.Dequantize(), 3, 32, [], x, y, 3, Clamp.Relu6);
        Assert.All(y[3..6], value => Assert.Equal(QuietNan, BitConverter.SingleToUInt32Bits(value)));
        Assert.All(y[..3].Concat(y[6..]), value => Assert.True(float.IsFinite(value)));
    }

    [Fact]
    public void Results_are_cut_with_signed_zeros()
    {
        AssertCut(0f, float.PositiveInfinity, -0f, 0f);
        AssertCut(-0f, float.PositiveInfinity, -0f, 0f);
        AssertCut(float.NegativeInfinity, 0f, 0f, -0f);
        AssertCut(float.NegativeInfinity, -0f, 0f, -0f);
        AssertCut(-1f, 2f, 5f, 2f);
        AssertCut(-1f, 2f, -5f, -1f);
        AssertCut(float.NegativeInfinity, float.PositiveInfinity, -0f, -0f);

        static void AssertCut(float minimum, float maximum, float value, float expected)
        {
            var y = new float[1];
            ReferenceKernels.MatMul([1f], 1, 1, [-0f], [value], y, 1, new Clamp(minimum, maximum));
            Parity.AssertSameBits([expected], y);
        }
    }

    [Fact]
    public void A_result_that_is_no_number_is_the_one_NaN()
    {
        // The sum over the group overflows to minus infinity, the sum of the row by the zero point to plus infinity; the sign
        // of the NaN that their sum is depends on the processor.
        var codes = new byte[16];
        codes.AsSpan().Fill(0xFF);
        var weights = new QuantizedWeights(WeightFormat.Int4Group(32), 1, 32, codes, [BFloat16.ToSingle(0x7F7F)]);
        var x = new float[32];
        x[0] = 1;
        x[1] = -0.5f;
        Assert.Equal(float.PositiveInfinity, ReferenceKernels.RowSum(weights, 0));
        var y = new float[1];
        ReferenceKernels.MatMul(weights, [], x, y, 1, Clamp.Relu6);
        Assert.Equal(QuietNan, BitConverter.SingleToUInt32Bits(y[0]));
    }

    [Fact]
    public void Lengths_are_checked_and_named()
    {
        var weights = new Drawn(1).Weights(WeightFormat.Int4Group(32), 2, 32);
        var error = Assert.Throws<ArgumentException>(() => ReferenceKernels.MatMul(weights, [], new float[63], new float[4], 2));
        Assert.Contains("x holds 63 values; rows 2 × inFeatures 32 needs 64", error.Message, StringComparison.Ordinal);
        error = Assert.Throws<ArgumentException>(() => ReferenceKernels.MatMul(weights, [], new float[64], new float[3], 2));
        Assert.Contains("y holds 3 values; rows 2 × outFeatures 2 needs 4", error.Message, StringComparison.Ordinal);
        error = Assert.Throws<ArgumentException>(() => ReferenceKernels.MatMul(weights, [1f], new float[64], new float[4], 2));
        Assert.Contains("bias holds 1 values; outFeatures 2 needs 2", error.Message, StringComparison.Ordinal);
    }
}
