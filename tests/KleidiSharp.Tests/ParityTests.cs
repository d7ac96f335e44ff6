// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp.Tests;

public sealed class ParityTests
{
    [Fact]
    public void The_first_difference_is_named()
    {
        float next = MathF.BitIncrement(MathF.BitIncrement(2));
        var error = Assert.Throws<ParityException>(() => Parity.AssertSameBits([1, 2, 3], [1, next, 4]));
        Assert.Equal(1, error.Index);
        Assert.Equal(
            "element 1 of 3 differs: expected 2 (0x40000000), got 2.0000005 (0x40000002), 2 ULP apart; 2 elements differ", error.Message);
    }

    [Fact]
    public void Zeros_and_NaNs_differ_by_their_bits()
    {
        Assert.Contains("0 ULP apart", Assert.Throws<ParityException>(() => Parity.AssertSameBits([0f], [-0f])).Message, StringComparison.Ordinal);
        float otherNan = BitConverter.UInt32BitsToSingle(0xFFC00000);
        float nan = BitConverter.UInt32BitsToSingle(0x7FC00000);
        Assert.Contains("NaN (0xFFC00000)", Assert.Throws<ParityException>(() => Parity.AssertSameBits([nan], [otherNan])).Message, StringComparison.Ordinal);
        Parity.AssertSameBits([nan, -0f], [nan, -0f]);
        Assert.Equal(-1, Assert.Throws<ParityException>(() => Parity.AssertSameBits([1], [])).Index);
    }

    [Fact]
    public void Distances_pass_through_zero()
    {
        Assert.Equal(2, Parity.UlpDistance(float.Epsilon, -float.Epsilon));
        Assert.Equal(0, Parity.UlpDistance(0f, -0f));
        Assert.Throws<ArgumentException>(() => Parity.UlpDistance(float.NaN, 1));
    }

    [Fact]
    public void Noise_is_measured_in_decibel()
    {
        Assert.Equal(20, Parity.Sqnr([10, 10], [9, 11]), 9);
        Assert.Equal(double.PositiveInfinity, Parity.Sqnr([1, 2], [1, 2]));
        Assert.Throws<ArgumentException>(() => Parity.Sqnr([1], [1, 2]));
    }
}
