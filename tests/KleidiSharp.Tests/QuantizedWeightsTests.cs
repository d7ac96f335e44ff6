// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp.Tests;

public sealed class QuantizedWeightsTests
{
    private static readonly WeightFormat s_int4 = WeightFormat.Int4Group(32);

    [Fact]
    public void Dequantized_values_are_code_minus_8_times_scale()
    {
        var codes = new byte[32];
        codes[0] = 0xF0;
        codes[31] = 0x0A;
        float[] values = new QuantizedWeights(s_int4, 1, 64, codes, [0.5f, -3f]).Dequantize();
        Assert.Equal(-4f, values[0]);
        Assert.Equal(3.5f, values[1]);
        Assert.Equal(-4f, values[2]);
        Assert.Equal(-6f, values[62]);
        Assert.Equal(24f, values[63]);
    }

    [Fact]
    public void More_values_than_an_array_holds_are_refused()
    {
        var weights = QuantizedWeights.Adopt(s_int4, 65536, 65536, codes: [], scales: [], zeros: []);
        string message = Assert.Throws<NotSupportedException>(weights.Dequantize).Message;
        Assert.Contains("outFeatures 65536 × inFeatures 65536 are 4294967296 values", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Arrays_of_the_caller_are_copied()
    {
        var codes = new byte[16];
        float[] scales = [1f];
        var weights = new QuantizedWeights(s_int4, 1, 32, codes, scales);
        codes[3] = 0xFF;
        scales[0] = 2;
        Assert.Equal(-8f, weights.Dequantize()[6]);
    }

    [Fact]
    public void Signed_codes_are_the_same_weights()
    {
        sbyte[] signed = [.. Enumerable.Range(0, 128).Select(i => (sbyte)((i * 5 % 16) - 8))];
        QuantizedWeights weights = QuantizedWeights.FromSignedCodes(s_int4, 2, 64, signed, [1, 1, 1, 1]);
        Assert.Equal(signed.Select(code => (float)code), weights.Dequantize());
    }

    [Fact]
    public void Lengths_are_checked_and_named()
    {
        AssertRefused("codes holds 31 values; outFeatures 1 × 32 bytes of int4/32 needs 32", () => new QuantizedWeights(s_int4, 1, 64, new byte[31], new float[2]));
        AssertRefused("scales holds 3 values; outFeatures 1 × 2 of int4/32 needs 2", () => new QuantizedWeights(s_int4, 1, 64, new byte[32], new float[3]));
        AssertRefused("codes holds 64 values; outFeatures 2 × inFeatures 64 needs 128", () => QuantizedWeights.FromSignedCodes(s_int4, 2, 64, new sbyte[64], new float[4]));
    }

    [Fact]
    public void Values_are_checked_and_named()
    {
        float[] scales = [1, 1, 1, float.NaN];
        AssertRefused("scales[3] is NaN (row 1, group 1)", () => new QuantizedWeights(s_int4, 2, 64, new byte[64], scales));
        var codes = new sbyte[64];
        codes[35] = 8;
        AssertRefused("codes[35] is 8 (row 1, column 3)", () => QuantizedWeights.FromSignedCodes(s_int4, 2, 32, codes, [1, 1]));
    }

    [Fact]
    public void The_group_has_to_divide_the_row()
    {
        AssertRefused(
            "inFeatures 96 is not a multiple of the group 64; groups that would fit: 32, 96",
            () => new QuantizedWeights(WeightFormat.Int4Group(64), 1, 96, new byte[48], new float[2]));
        AssertRefused(
            "inFeatures 172 is not a multiple of the group 32; no int4 group divides it, so use WeightFormat.Int4Channel or WeightFormat.Float32",
            () => new QuantizedWeights(s_int4, 1, 172, new byte[86], new float[5]));
        AssertRefused("scales holds 1 values; outFeatures 1 × 0 of f32 needs 0", () => new QuantizedWeights(WeightFormat.Float32, 1, 32, new byte[128], new float[1]));
        Assert.Throws<ArgumentOutOfRangeException>(() => new QuantizedWeights(s_int4, 0, 32, [], []));
    }

    [SkippableTheory]
    [InlineData(ComputeBackend.Managed)]
    [InlineData(ComputeBackend.Native)]
    public void A_quantizer_gives_what_the_reference_gives(ComputeBackend backend)
    {
        using ComputeContext compute = Require.Context(backend, threads: 2);
        foreach (WeightFormat format in Formats.All(32).Concat(Formats.Grouped(192)))
        {
            float[] weights = new Drawn(format.GroupSize).Values(37 * 384);
            weights[5] = -0f;
            int group = format.GroupSize == 0 ? 384 : format.GroupSize;
            weights.AsSpan(group, group).Clear();
            weights.AsSpan(2 * group, group).Fill(1e-40f);
            weights.AsSpan(3 * group, group).Fill(format.Kind is WeightKind.Q4_0 or WeightKind.Float16 ? 65504 : 3e37f);
            for (int i = 0; i < group; i++)
            {
                weights[(4 * group) + i] = i == 17 ? 7.5f : (i % 15) - 7;
                weights[(5 * group) + i] = i == 3 ? -1e-37f : i * 1e-40f;
            }

            QuantizedWeights expected = ReferenceKernels.Quantize(weights, 37, 384, format);
            QuantizedWeights quantized = Quantizer.Quantize(weights, 37, 384, format, compute: compute);
            Assert.True(expected.Codes.SequenceEqual(quantized.Codes), $"{format}");
            Parity.AssertSameBits(expected.Scales, quantized.Scales);
            Parity.AssertSameBits(expected.Zeros, quantized.Zeros);
        }
    }

    [SkippableTheory]
    [InlineData(ComputeBackend.Managed)]
    [InlineData(ComputeBackend.Native)]
    public void Weights_that_a_format_cannot_hold_are_refused(ComputeBackend backend)
    {
        using ComputeContext compute = Require.Context(backend, threads: 2);
        var weights = new float[40 * 32];
        foreach ((WeightFormat format, float value) in new[]
        {
            (WeightFormat.Q4_0, 65520f * 8), (WeightFormat.Float16, 65520f), (WeightFormat.BFloat16, float.MaxValue),
            (WeightFormat.Int4Asymmetric(32), float.MaxValue),
        })
        {
            weights[33] = value;
            weights[34] = -value;
            Assert.ThrowsAny<ArgumentException>(() => Quantizer.Quantize(weights, 40, 32, format, compute: compute));
            Assert.ThrowsAny<ArgumentException>(() => ReferenceKernels.Quantize(weights, 40, 32, format));
        }
    }

    [Fact]
    public void Full_range_is_a_mapping_of_int4_groups() => AssertRefused(
        "The mapping FullRange is for int4 groups, not for q4_0",
        () => Quantizer.Quantize(new float[32], 1, 32, WeightFormat.Q4_0, Int4Mapping.FullRange));

    private static void AssertRefused(string message, Func<object> call) =>
        Assert.Contains(message, Assert.ThrowsAny<ArgumentException>(call).Message, StringComparison.Ordinal);
}
