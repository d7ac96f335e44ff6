// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp.Tests;

public sealed class PackedWeightsTests : IDisposable
{
    private static readonly WeightFormat s_int4 = WeightFormat.Int4Group(32);

    private readonly ComputeContext managed = new(new ComputeOptions { Backend = ComputeBackend.Managed, Threads = 1 });

    public static TheoryData<ComputeBackend> Backends => [ComputeBackend.Managed, ComputeBackend.Native];

    public void Dispose() => managed.Dispose();

    [SkippableTheory]
    [MemberData(nameof(Backends))]
    public void Unpacking_gives_exactly_what_was_packed(ComputeBackend backend)
    {
        using ComputeContext compute = Require.Context(backend, threads: 2);
        var drawn = new Drawn(1);
        QuantizedWeights weights = drawn.Weights(WeightFormat.Int4Group(64), 75, 192);
        float[] bias = drawn.Values(75);
        using PackedWeights packed = PackedWeights.Pack(weights, bias, compute);
        QuantizedWeights back = packed.Unpack();
        Assert.Equal((weights.Format, 75, 192), (back.Format, back.OutFeatures, back.InFeatures));
        Assert.True(weights.Codes.SequenceEqual(back.Codes));
        Parity.AssertSameBits(weights.Scales, back.Scales);
        Parity.AssertSameBits(bias, packed.UnpackBias());
        Parity.AssertSameBits(weights.Dequantize(), packed.UnpackValues());
    }

    [SkippableTheory]
    [MemberData(nameof(Backends))]
    public void F32_is_packed_as_it_is(ComputeBackend backend)
    {
        using ComputeContext compute = Require.Context(backend, threads: 2);
        float[] values = new Drawn(2).Values(45 * 17);
        values[3] = -0f;
        values[4] = 1e-42f;
        using PackedWeights packed = PackedWeights.Quantize(values, 45, 17, WeightFormat.Float32, compute: compute);
        Parity.AssertSameBits(values, packed.UnpackValues());
        Assert.False(packed.HasBias);
        Assert.All(packed.UnpackBias(), value => Assert.Equal(0, value));
        Parity.AssertSameBits(values, packed.Unpack().Dequantize());
        Assert.Equal("f32 [45, 17] Float32N16", packed.ToString());
    }

    [Fact]
    public void A_bias_of_negative_zero_is_one()
    {
        using PackedWeights packed = PackedWeights.Quantize(new float[32], 1, 32, s_int4, [-0f], managed);
        Assert.True(packed.HasBias);
    }

    [Fact]
    public void Repacking_keeps_everything()
    {
        var drawn = new Drawn(3);
        float[] bias = drawn.Values(9);
        using PackedWeights packed = PackedWeights.Pack(drawn.Weights(s_int4, 9, 64), bias, managed);
        using PackedWeights again = packed.Repack(managed);
        Assert.True(packed.Unpack().Codes.SequenceEqual(again.Unpack().Codes));
        Parity.AssertSameBits(bias, again.UnpackBias());
    }

    [Fact]
    public void A_scale_that_bfloat16_cannot_hold_is_refused()
    {
        var weights = new QuantizedWeights(s_int4, 2, 64, new byte[64], [1f, 0.5f, 0.1f, 2f]);
        AssertRefused(
            "scales[2] is 0.1 (row 1, group 0), which no bfloat16 holds: packing would turn it into 0.100097656",
            () => PackedWeights.Pack(weights, compute: managed));
    }

    [Fact]
    public void Weights_that_are_not_finite_are_named()
    {
        var values = new float[128];
        values[70] = float.NaN;
        AssertRefused("weights[70] is NaN (row 2, column 6)", () => PackedWeights.Quantize(values, 4, 32, s_int4, compute: managed));
        values[70] = float.PositiveInfinity;
        AssertRefused("weights[70] is Infinity (row 2, column 6)", () => PackedWeights.Quantize(values, 4, 32, WeightFormat.Float32, compute: managed));
        AssertRefused("bias[1] is NaN", () => PackedWeights.Quantize(new float[64], 2, 32, s_int4, [0, float.NaN], managed));
    }

    [Fact]
    public void Shapes_are_checked_and_named()
    {
        AssertRefused("weights holds 127 values; outFeatures 4 × inFeatures 32 needs 128", () => PackedWeights.Quantize(new float[127], 4, 32, s_int4, compute: managed));
        AssertRefused("bias holds 3 values; outFeatures 4 needs 4", () => PackedWeights.Quantize(new float[128], 4, 32, s_int4, new float[3], managed));
        AssertRefused("groups that would fit: 32, 96", () => PackedWeights.Quantize(new float[96], 1, 96, WeightFormat.Int4Group(64), compute: managed));
        AssertRefused("inFeatures", () => PackedWeights.Quantize([], 1, 0, WeightFormat.Float32, compute: managed));
        AssertRefused("outFeatures", () => PackedWeights.Quantize([], -1, 32, WeightFormat.Float32, compute: managed));
        AssertRefused("weights holds 4 values; outFeatures 2147483647 × inFeatures 2147483647 needs 4611686014132420609", () =>
            PackedWeights.Quantize(new float[4], int.MaxValue, int.MaxValue, WeightFormat.Float32, compute: managed));
        Assert.Throws<ArgumentNullException>(() => PackedWeights.Pack(null!));
    }

    [Fact]
    public void Spans_of_a_call_are_checked_and_named()
    {
        using PackedWeights packed = PackedWeights.Quantize(new float[64], 2, 32, s_int4, compute: managed);
        AssertRefused("x holds 63 values; rows 2 × inFeatures 32 needs 64", () => packed.MatMul(new float[63], new float[4], 2));
        AssertRefused("y holds 3 values; rows 2 × outFeatures 2 needs 4", () => packed.MatMul(new float[64], new float[3], 2));
        AssertRefused("rows", () => packed.MatMul(new float[64], new float[3], -1));
        AssertRefused("x holds 64 values; rows 2147483647 × inFeatures 32 needs 68719476704", () => packed.MatMul(new float[64], new float[4], int.MaxValue));
        var shared = new float[80];
        AssertRefused("y overlaps x", () => packed.MatMul(shared.AsSpan(0, 64), shared.AsSpan(63), 2));
        AssertRefused("rows", () => packed.KernelFor(0));
    }

    [SkippableTheory]
    [MemberData(nameof(Backends))]
    public void No_rows_are_no_work_and_longer_spans_are_left_alone(ComputeBackend backend)
    {
        using ComputeContext compute = Require.Context(backend);
        using PackedWeights packed = PackedWeights.Quantize(new float[64], 2, 32, s_int4, [1, 2], compute);
        float[] y = [9, 9, 9];
        packed.MatMul([], y, 0);
        Assert.Equal([9f, 9, 9], y);
        packed.MatMul(new float[40], y, 1);
        Assert.Equal([1f, 2, 9], y);
    }

    [SkippableTheory]
    [MemberData(nameof(Backends))]
    public void After_disposal_nothing_works_and_nothing_crashes(ComputeBackend backend)
    {
        using ComputeContext compute = Require.Context(backend, threads: 2);
        PackedWeights packed = PackedWeights.Quantize(new float[64], 2, 32, s_int4, compute: compute);
        packed.Dispose();
        packed.Dispose();
        Assert.Equal(nameof(KleidiSharp) + "." + nameof(PackedWeights), Assert.Throws<ObjectDisposedException>(() => packed.MatMul(new float[32], new float[2], 1)).ObjectName);
        Assert.Throws<ObjectDisposedException>(() => packed.KernelFor(1));
        Assert.Throws<ObjectDisposedException>(packed.Unpack);
        Assert.Throws<ObjectDisposedException>(() => packed.Save("nowhere"));
        Assert.Throws<ObjectDisposedException>(() => packed.Repack());

        using PackedWeights other = PackedWeights.Quantize(new float[64], 2, 32, s_int4, compute: compute);
        compute.Dispose();
        compute.Dispose();
        Assert.Throws<ObjectDisposedException>(() => other.MatMul(new float[32], new float[2], 1));
        other.MatMul(new float[32], new float[2], 1, compute: managed);
        Assert.Throws<ObjectDisposedException>(() => PackedWeights.Quantize(new float[64], 2, 32, s_int4, compute: compute));
    }

    [SkippableFact]
    public void A_context_may_multiply_what_another_packed()
    {
        using ComputeContext native = Require.Context(ComputeBackend.Native);
        var drawn = new Drawn(4);
        float[] x = drawn.Values(64);
        using PackedWeights packed = PackedWeights.Pack(drawn.Weights(s_int4, 9, 64), compute: managed);
        var expected = new float[9];
        var actual = new float[9];
        packed.MatMul(x, expected, 1);
        packed.MatMul(x, actual, 1, compute: native);
        Parity.AssertSameBits(expected, actual);
    }

    [SkippableFact]
    public void The_choice_of_a_kernel_is_explained()
    {
        using PackedWeights packed = PackedWeights.Quantize(new float[64], 2, 32, s_int4, compute: managed);
        Assert.Equal("int4/32 × int8 dynamic, managed: managed_int4_group_n32k4 (m = 3)", packed.KernelFor(3).ToString());

        using ComputeContext portable = Require.Context(ComputeBackend.Native, disabled: ~KernelTiers.Portable);
        KernelChoice choice = packed.KernelFor(1, portable);
        Assert.Equal(KernelTiers.Portable, choice.Kernel.Tier);
        Assert.NotEmpty(choice.Rejected);
        Assert.All(choice.Rejected, rejection => Assert.NotEqual(KernelReject.None, rejection.Reason));
        Assert.Contains(choice.Rejected, rejection => rejection.Reason == KernelReject.Tier || rejection.Reason == KernelReject.Cpu);
        Assert.Contains(" rejected: ", choice.ToString(), StringComparison.Ordinal);
        Assert.Equal(choice.Kernel.Index, choice.Rejected.Count(rejection => rejection.Kernel.Index < choice.Kernel.Index));
    }

    private static void AssertRefused(string message, Action call) =>
        Assert.Contains(message, Assert.ThrowsAny<ArgumentException>(call).Message, StringComparison.Ordinal);
}
