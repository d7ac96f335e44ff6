// SPDX-License-Identifier: Apache-2.0
using KleidiSharp.Interop;

namespace KleidiSharp.Tests;

public sealed class FormatTests
{
    [Fact]
    public void The_default_format_is_f32()
    {
        Assert.Equal(WeightFormat.Float32, default);
        Assert.Equal(WeightKind.Float32, WeightFormat.Float32.Kind);
        Assert.Equal("f32", WeightFormat.Float32.ToString());
        Assert.NotEqual(WeightFormat.Float32, WeightFormat.Int4Group(32));
    }

    [Theory]
    [InlineData(32)]
    [InlineData(96)]
    [InlineData(16384)]
    public void Groups_are_multiples_of_32(int group)
    {
        WeightFormat format = WeightFormat.Int4Group(group);
        Assert.Equal(WeightKind.Int4Group, format.Kind);
        Assert.Equal(group, format.GroupSize);
        Assert.Equal($"int4/{group}", format.ToString());
        Assert.True(format.Fits(group * 3));
        Assert.False(format.Fits((group * 3) + 16));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-32)]
    [InlineData(16)]
    [InlineData(48)]
    [InlineData(16416)]
    public void Other_groups_are_refused(int group)
    {
        var error = Assert.Throws<ArgumentOutOfRangeException>(() => WeightFormat.Int4Group(group));
        Assert.Contains("multiple of 32 from 32 to 16384", error.Message, StringComparison.Ordinal);
        Assert.Equal(group, error.ActualValue);
    }

    [Fact]
    public void Kinds_and_layouts_are_those_of_the_header()
    {
        Assert.Equal(Values<ks_format>(), Values<WeightKind>());
        Assert.Equal(Values<ks_layout>(), Values<WeightLayout>());
        Assert.Equal(Values<ks_type>(), Values<ActivationType>());
        Assert.Equal(Values<ks_reject>(), Values<KernelReject>());
        Assert.Equal(Values<ks_cpu_feature>(), Values<CpuFeature>()[1..]);
        Assert.Equal(Values<ks_tier>(), Values<KernelTiers>()[1..^1]);
        Assert.Equal(Values<WeightLayout>(), PackedLayout.All.Select(layout => (long)layout.Layout).Order());
        Assert.All(PackedLayout.All, layout => Assert.True(FormatTraits.IsKnown(layout.Kind)));

        static long[] Values<T>()
            where T : struct, Enum => [.. Enum.GetValues<T>().Select(value => Convert.ToInt64(value, null)).Order()];
    }

    [Theory]
    [InlineData(WeightKind.Float32, "f32", 5, 5)]
    [InlineData(WeightKind.Float16, "f16", 7, 3)]
    [InlineData(WeightKind.BFloat16, "bf16", 7, 3)]
    [InlineData(WeightKind.Int4Channel, "int4-channel", 7, 33)]
    [InlineData(WeightKind.Int8Channel, "int8-channel", 1, 65536)]
    [InlineData(WeightKind.Int2Channel, "int2-channel", 32, 64)]
    [InlineData(WeightKind.Q4_0, "q4_0", 32, 96)]
    public void Formats_without_a_group_have_none(WeightKind kind, string name, int fits, int fitsToo)
    {
        WeightFormat format = WeightFormat.From(kind, 0)!.Value;
        Assert.Equal((kind, 0, name), (format.Kind, format.GroupSize, format.ToString()));
        Assert.True(format.Fits(fits) && format.Fits(fitsToo) && !format.Fits(0));
        Assert.Null(WeightFormat.From(kind, 32));
        Assert.Equal(kind is WeightKind.Float32 or WeightKind.Float16 or WeightKind.BFloat16 or WeightKind.Q4_0, format.Fits(65536 + 32));
        Assert.Equal(kind is not (WeightKind.Int2Channel or WeightKind.Q4_0), format.Fits(33));
    }

    [Fact]
    public void Asymmetric_int4_has_groups()
    {
        Assert.Equal("int4-asymmetric/64", WeightFormat.Int4Asymmetric(64).ToString());
        Assert.NotEqual(WeightFormat.Int4Group(64), WeightFormat.Int4Asymmetric(64));
        Assert.Throws<ArgumentOutOfRangeException>(() => WeightFormat.Int4Asymmetric(48));
        Assert.Null(WeightFormat.From(WeightKind.Int4Asymmetric, 0));
        Assert.Null(WeightFormat.From((WeightKind)10, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => WeightFormat.NameOf(0));
    }

    [Theory]
    [InlineData(0f, 0)]
    [InlineData(-1f, 0)]
    [InlineData(1e-39f, 0)]
    [InlineData(float.NaN, 0)]
    [InlineData(float.PositiveInfinity, 0)]
    [InlineData(1f, 128)]
    [InlineData(1f, -129)]
    public void Quantisation_parameters_are_a_normal_scale_and_an_int8(float scale, int zeroPoint)
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new QuantParameters(scale, zeroPoint));
        Assert.Throws<ArgumentException>(() => ActivationFormat.Int8(default));
        Assert.Throws<ArgumentException>(() => ActivationFormat.Float32.Calibrated(default));
    }

    [Fact]
    public void Activations_have_types()
    {
        var parameters = new QuantParameters(0.5f, -3);
        Assert.Equal(ActivationFormat.Float32, default);
        Assert.Equal((ActivationType.Int8, 1, parameters), (ActivationFormat.Int8(parameters).Type, ActivationFormat.Int8(parameters).ElementSize, ActivationFormat.Int8(parameters).Quantization));
        Assert.Equal((ActivationType.BFloat16, 2), (ActivationFormat.BFloat16.Type, ActivationFormat.BFloat16.ElementSize));
        Assert.Equal((ActivationType.Float16, parameters), (ActivationFormat.Float16.Calibrated(parameters).Type, ActivationFormat.Float16.Calibrated(parameters).Quantization));
    }

    [Fact]
    public void The_default_clamp_cuts_nothing()
    {
        Assert.Equal(float.NegativeInfinity, Clamp.None.Minimum);
        Assert.Equal(float.PositiveInfinity, default(Clamp).Maximum);
        Assert.Equal(Clamp.None, new Clamp(float.NegativeInfinity, float.PositiveInfinity));
        Assert.Equal("none", Clamp.None.ToString());
        Assert.Equal("[0, 6]", Clamp.Relu6.ToString());
        Assert.Equal((0f, float.PositiveInfinity), (Clamp.Relu.Minimum, Clamp.Relu.Maximum));
    }

    [Theory]
    [InlineData(float.NaN, 1)]
    [InlineData(0, float.NaN)]
    [InlineData(2, 1)]
    public void A_clamp_needs_a_range(float minimum, float maximum)
    {
        var error = Assert.Throws<ArgumentException>(() => new Clamp(minimum, maximum));
        Assert.Contains($"{minimum} to {maximum}", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Tiers_have_names()
    {
        Assert.Equal(KernelTiers.Avx512Vnni | KernelTiers.I8mm, TierNames.Parse(" avx512vnni, I8MM,"));
        Assert.Equal("i8mm,avx512vnni", TierNames.Format(KernelTiers.Avx512Vnni | KernelTiers.I8mm));
        Assert.Equal(KernelTiers.None, TierNames.Parse(string.Empty));
        Assert.Equal("none", TierNames.Format(KernelTiers.None));
        var error = Assert.Throws<FormatException>(() => TierNames.Parse("avx2,avx3"));
        Assert.Contains("'avx3'", error.Message, StringComparison.Ordinal);
        Assert.Contains("portable, neon, dotprod, i8mm, sve, sme, sme2, avx2, avx512vnni, avxvnni, amx, managed", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Features_are_printed_with_the_vector_length()
    {
        var cpu = new CpuFeatures(null, CpuFeature.DotProd | CpuFeature.I8mm | CpuFeature.BF16 | CpuFeature.Sve, 32);
        Assert.Equal("dotprod i8mm bf16 sve(256)", cpu.ToString());
        Assert.Equal("none", new CpuFeatures(null, CpuFeature.None, 0).ToString());
        Assert.Equal("sve(128) sme(512) sme2", new CpuFeatures(null, CpuFeature.Sve | CpuFeature.Sme | CpuFeature.Sme2, 16, 64, 1).ToString());
    }
}
