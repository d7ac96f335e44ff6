// SPDX-License-Identifier: Apache-2.0
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
        Assert.Contains("portable, neon, dotprod, i8mm, sve, sme, sme2, avx2, avx512vnni, managed", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Features_are_printed_with_the_vector_length()
    {
        var cpu = new CpuFeatures(null, CpuFeature.DotProd | CpuFeature.I8mm | CpuFeature.BF16 | CpuFeature.Sve, 32);
        Assert.Equal("dotprod i8mm bf16 sve(256)", cpu.ToString());
        Assert.Equal("none", new CpuFeatures(null, CpuFeature.None, 0).ToString());
    }
}
