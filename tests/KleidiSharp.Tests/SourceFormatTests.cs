// SPDX-License-Identifier: Apache-2.0
using System.Buffers.Binary;

namespace KleidiSharp.Tests;

/// <summary>What files and other libraries hold, against values worked out from their own definitions.</summary>
public sealed class SourceFormatTests : IDisposable
{
    private readonly ComputeContext managed = new(new ComputeOptions { Backend = ComputeBackend.Managed, Threads = 1 });

    public void Dispose() => managed.Dispose();

    [Theory]
    [InlineData(WeightLayout.Q4_0N32K4, 0)]
    [InlineData(WeightLayout.Q4_0N4K8, 0)]
    [InlineData(WeightLayout.Q4_0N4K16, 0)]
    [InlineData(WeightLayout.Q4_0N8K16, 0)]
    [InlineData(WeightLayout.Q4_0Sme, 32)]
    [InlineData(WeightLayout.Q4_0Sme2, 64)]
    public void Q4_0_blocks_survive_every_layout(WeightLayout layout, int vectorBytes)
    {
        byte[] blocks = new Drawn(1).Weights(WeightFormat.Q4_0, 13, 96).Codes.ToArray();
        QuantizedWeights weights = QuantizedWeights.FromQ4_0(13, 96, blocks);
        using BlobMemory memory = Packer.Pack(new PackedShape(WeightFormat.Q4_0, layout, 13, 96, vectorBytes), weights, []);
        using LogicalWeights unpacked = LogicalWeights.From(BlobHeader.Read(memory, "the blob", verify: true));
        Assert.Equal(blocks, unpacked.ToQuantized(WeightFormat.Q4_0, 13, 96).Codes);
    }

    [SkippableTheory]
    [InlineData(ComputeBackend.Managed)]
    [InlineData(ComputeBackend.Native)]
    public void Q4_0_blocks_are_packed_as_they_are(ComputeBackend backend)
    {
        using ComputeContext compute = Require.Context(backend);
        byte[] blocks = new Drawn(2).Weights(WeightFormat.Q4_0, 13, 96).Codes.ToArray();
        float[] bias = new Drawn(3).Values(13);
        using PackedWeights packed = PackedWeights.PackQ4_0(blocks, 13, 96, bias, compute);
        Assert.Equal(blocks, packed.Unpack().Codes);
        Parity.AssertSameBits(bias, packed.UnpackBias());

        blocks[18 + 1] = 0x7C;
        Assert.Contains(
            "blocks: the scale of block 1 of row 0 is",
            Assert.Throws<ArgumentException>(() => PackedWeights.PackQ4_0(blocks, 13, 96, [], compute)).Message,
            StringComparison.Ordinal);
        Assert.Contains(
            "blocks holds 701 values; outFeatures 13 × 3 blocks × 18 bytes needs 702",
            Assert.Throws<ArgumentException>(() => PackedWeights.PackQ4_0(blocks.AsSpan(1), 13, 96, [], compute)).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_Q4_0_value_is_code_minus_8_times_d()
    {
        // d = 0.25 is 0x3400; byte j holds value j in its low and value j + 16 in its high nibble.
        byte[] block = new byte[18];
        block[1] = 0x34;
        block[2] = 0x0F;
        block[17] = 0xA3;
        float[] values = QuantizedWeights.FromQ4_0(1, 32, block).Dequantize();
        Assert.Equal((1.75f, -2f, -1.25f, 0.5f), (values[0], values[16], values[15], values[31]));
    }

    [Fact]
    public void A_Q4_1_value_is_code_times_d_plus_m()
    {
        // d = 0.5 is 0x3800, m = -3 is 0xC200.
        byte[] block = new byte[20];
        (block[1], block[3]) = (0x38, 0xC2);
        for (int j = 0; j < 16; j++)
        {
            block[4 + j] = (byte)(j | ((15 - j) << 4));
        }

        QuantizedWeights weights = QuantizedWeights.FromQ4_1(1, 32, block);
        Assert.Equal(WeightFormat.Int4Asymmetric(32), weights.Format);
        float[] expected = [.. Enumerable.Range(0, 32).Select(j => ((j < 16 ? j : 31 - j) * 0.5f) - 3)];
        Assert.Equal(expected, weights.Dequantize());
        using PackedWeights packed = PackedWeights.Pack(weights, compute: managed);
        Assert.Equal(expected, packed.UnpackValues());
    }

    [Fact]
    public void A_Q4_1_zero_that_f32_does_not_hold_is_rounded_as_the_caller_says()
    {
        // d = 2^-24, m = 65504: m + 8 d = 65504 + 2^-21, of which f32 holds 65504; with -d, 65504 - 2^-21.
        byte[] blocks = new byte[40];
        (blocks[0], blocks[2], blocks[3]) = (0x01, 0xFF, 0x7B);
        (blocks[20], blocks[21], blocks[22], blocks[23]) = (0x01, 0x80, 0xFF, 0x7B);
        string message = Assert.Throws<ArgumentException>(() => QuantizedWeights.FromQ4_1(2, 32, blocks)).Message;
        Assert.Contains("m + 8 d of block 0 of row 0 is 65504.00000047684, which no f32 holds", message, StringComparison.Ordinal);
        Assert.Equal([65504, 65504], QuantizedWeights.FromQ4_1(2, 32, blocks, Rounding.ToEven).Zeros.ToArray());
        Assert.Equal([65504, MathF.BitDecrement(65504)], QuantizedWeights.FromQ4_1(2, 32, blocks, Rounding.TowardZero).Zeros.ToArray());
        blocks[3] = 0x7C;
        Assert.Contains(
            "must be finite", Assert.Throws<ArgumentException>(() => QuantizedWeights.FromQ4_1(2, 32, blocks)).Message, StringComparison.Ordinal);
    }

    // qweight i32 [k/8][n], nibble i of word r being q[8 r + i]; qzeros hold one less than the zero point; f16 scales.
    [Fact]
    public void Gptq_weights_are_code_minus_zero_point_times_scale()
    {
        uint[] qweight = [0x76543210, 0xFEDCBA98, 0x01234567, 0x89ABCDEF];
        var codes = new byte[16];
        for (int word = 0; word < 4; word++)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(codes.AsSpan(word * 4), qweight[word]);
        }

        Half[] scales = [(Half)0.1f];
        const int StoredZero = 6;
        QuantizedWeights weights = QuantizedWeights.FromUnsignedCodes(
            1, 32, 32, codes, ScaleConversion.FromHalf(scales), [StoredZero + 1]);
        float s = 0.0999755859375f;
        int[] q = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 7, 6, 5, 4, 3, 2, 1, 0, 15, 14, 13, 12, 11, 10, 9, 8];
        Assert.Equal(q.Select(code => (code - 7) * s), weights.Dequantize());
        Assert.Equal([s], weights.Zeros.ToArray());
    }

    // qweight i32 [k][n/8], nibble i being column [0, 2, 4, 6, 1, 3, 5, 7][i]; zero points in the same order.
    [Fact]
    public void Awq_weights_are_code_minus_zero_point_times_scale()
    {
        int[] order = [0, 2, 4, 6, 1, 3, 5, 7];
        uint[] qweight = [.. Enumerable.Range(0, 32).Select(k => 0x76543210u ^ (uint)(k % 16 * 0x11111111))];
        const uint QZeros = 0x89ABCDEF;
        var codes = new byte[8 * 16];
        var zeroPoints = new byte[8];
        for (int i = 0; i < 8; i++)
        {
            zeroPoints[order[i]] = (byte)((QZeros >> (4 * i)) & 15);
            for (int k = 0; k < 32; k++)
            {
                uint code = (qweight[k] >> (4 * i)) & 15;
                codes[(order[i] * 16) + (k / 2)] |= (byte)(code << (k % 2 * 4));
            }
        }

        float[] scales = ScaleConversion.FromHalf([.. Enumerable.Range(1, 8).Select(n => (Half)(n / 16f))]);
        float[] values = QuantizedWeights.FromUnsignedCodes(8, 32, 32, codes, scales, zeroPoints).Dequantize();

        // Column 1 is nibble 4, whose word k holds 4 ^ k and whose zero point is 0x89ABCDEF >> 16 & 15 = 11.
        Assert.Equal(Enumerable.Range(0, 32).Select(k => ((4 ^ (k % 16)) - 11) * 0.125f), values[32..64]);

        // Column 6 is nibble 3, zero point 12.
        Assert.Equal(Enumerable.Range(0, 32).Select(k => ((3 ^ (k % 16)) - 12) * 0.4375f), values[192..224]);
    }

    [Fact]
    public void Aten_weights_have_the_even_k_in_the_high_nibble_and_a_zero_in_floats()
    {
        byte[] codes = [0x01, 0x23, 0x45, 0x67, 0x89, 0xAB, 0xCD, 0xEF, .. new byte[8]];
        QuantizedWeights weights = QuantizedWeights.FromFloatZeros(1, 32, 32, codes, [0.5f], [10], NibbleOrder.EvenHigh);
        Assert.Equal(Enumerable.Range(0, 16).Select(q => ((q - 8) * 0.5f) + 10), weights.Dequantize()[..16]);
        using PackedWeights packed = PackedWeights.Pack(weights, compute: managed);
        Assert.Equal(weights.Codes.ToArray(), packed.Unpack().Codes.ToArray());
        Assert.Equal([10f], packed.Unpack().Zeros.ToArray());
    }

    [Fact]
    public void A_zero_point_times_a_scale_has_to_be_exact()
    {
        float scale = MathF.BitIncrement(1);
        var codes = new byte[16];
        Assert.Contains(
            "the zero of group 0 of row 0 is 3.0000003576278687, which no f32 holds: it would become 3.0000005",
            Assert.Throws<ArgumentException>(() => QuantizedWeights.FromUnsignedCodes(1, 32, 32, codes, [scale], [5])).Message,
            StringComparison.Ordinal);
        Assert.Equal(3.0000005f, QuantizedWeights.FromUnsignedCodes(1, 32, 32, codes, [scale], [5], rounding: Rounding.ToEven).Zeros[0]);
        Assert.Equal(3.0000002f, QuantizedWeights.FromUnsignedCodes(1, 32, 32, codes, [scale], [5], rounding: Rounding.TowardZero).Zeros[0]);
        Assert.Equal(-8f, QuantizedWeights.FromUnsignedCodes(1, 32, 32, codes, [1], [16]).Zeros[0]);
        Assert.Contains(
            "zeroPoints[0] is 17 (row 0, group 0); they are 0..16",
            Assert.Throws<ArgumentException>(() => QuantizedWeights.FromUnsignedCodes(1, 32, 32, codes, [1], [17])).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Signed_codes_go_into_every_format_with_codes()
    {
        sbyte[] int8 = [-128, 127, 0, 5, -5];
        QuantizedWeights weights = QuantizedWeights.FromSignedCodes(WeightFormat.Int8Channel, 1, 5, int8, [0.5f]);
        Assert.Equal([-64, 63.5f, 0, 2.5f, -2.5f], weights.Dequantize());
        sbyte[] int4 = [-8, 7, 3, -1, 2, -3];
        weights = QuantizedWeights.FromSignedCodes(WeightFormat.Int4Channel, 2, 3, int4, [1, 10]);
        Assert.Equal([0xF0, 0x0B, 0xA7, 0x05], weights.Codes.ToArray());
        Assert.Equal([-8, 7, 3, -10, 20, -30], weights.Dequantize());
        sbyte[] int2 = [.. Enumerable.Range(0, 32).Select(i => (sbyte)((i % 4) - 2))];
        weights = QuantizedWeights.FromSignedCodes(WeightFormat.Int2Channel, 1, 32, int2, [3]);
        Assert.All(weights.Codes.ToArray(), code => Assert.Equal(0xE4, code));
        Assert.Equal(int2.Select(code => code * 3f), weights.Dequantize());
        Assert.Contains(
            "codes[1] is 2 (row 0, column 1); int2 codes are -2..1",
            Assert.Throws<ArgumentException>(() => QuantizedWeights.FromSignedCodes(WeightFormat.Int2Channel, 1, 32, [0, 2, .. new sbyte[30]], [1])).Message,
            StringComparison.Ordinal);
        Assert.Contains(
            "The format q4_0 does not take separate codes",
            Assert.Throws<ArgumentException>(() => QuantizedWeights.FromSignedCodes(WeightFormat.Q4_0, 1, 32, new sbyte[32], [1])).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Scales_of_narrower_types_are_exact()
    {
        Assert.Equal([0.0999755859375f, -2f], ScaleConversion.FromHalf([(Half)0.1f, (Half)(-2)]));
        Assert.Equal([1f, -0.26757813f], ScaleConversion.FromBFloat16([0x3F80, 0xBE89]));
    }

    [Fact]
    public void Scales_that_packing_would_lose_are_refused()
    {
        QuantizedWeights fine = QuantizedWeights.FromSignedCodes(WeightFormat.Int4Group(32), 1, 32, new sbyte[32], [0.1f]);
        Assert.Contains(
            "scales[0] is 0.1 (row 0, group 0), which no bfloat16 holds: packing would turn it into 0.1000976",
            Assert.Throws<ArgumentException>(() => PackedWeights.Pack(fine, compute: managed)).Message,
            StringComparison.Ordinal);
        Assert.Equal(0.10009765625f, fine.WithBFloat16Scales(Rounding.ToEven).Scales[0]);
        Assert.Equal(0.099609375f, fine.WithBFloat16Scales(Rounding.TowardZero).Scales[0]);
        Assert.Throws<ArgumentException>(() => fine.WithBFloat16Scales(Rounding.Refuse));
        QuantizedWeights small = QuantizedWeights.FromSignedCodes(WeightFormat.Int8Channel, 1, 1, [1], [1e-13f]);
        Assert.Contains(
            "scales[0] is 1E-13 (row 0, group 0), which is below 2^-40",
            Assert.Throws<ArgumentException>(() => PackedWeights.Pack(small, compute: managed)).Message,
            StringComparison.Ordinal);
        Assert.Throws<InvalidOperationException>(() => small.WithBFloat16Scales(Rounding.ToEven));
    }
}
