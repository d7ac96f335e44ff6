// SPDX-License-Identifier: Apache-2.0
using System.Runtime.Intrinsics;

namespace KleidiSharp.Models.Tests;

public class DeterministicMathTests
{
    [Fact]
    public void ExpIsAccurate() => ForRange(-700, 700, 20_001, x => AssertClose(Math.Exp(x), DeterministicMath.Exp(x), 4e-16, x));

    [Fact]
    public void ExpAtTheEdges()
    {
        Assert.Equal(1, DeterministicMath.Exp(0));
        Assert.Equal(0, DeterministicMath.Exp(double.NegativeInfinity));
        Assert.Equal(double.PositiveInfinity, DeterministicMath.Exp(710));
        Assert.True(double.IsFinite(DeterministicMath.Exp(709.7)));
        Assert.True(double.IsNaN(DeterministicMath.Exp(double.NaN)));
    }

    [Fact]
    public void LogIsAccurate()
    {
        ForRange(-700, 700, 20_001, x => AssertClose(Math.Log(Math.Exp(x)), DeterministicMath.Log(Math.Exp(x)), 4e-16, x));
        ForRange(0.5, 2, 20_001, x => AssertClose(Math.Log(x), DeterministicMath.Log(x), 4e-16, x));
        Assert.Equal(0, DeterministicMath.Log(1));
    }

    [Fact]
    public void PowIsAccurate() => ForRange(-1, 1, 2_001, y =>
    {
        AssertClose(Math.Pow(10_000, y), DeterministicMath.Pow(10_000, y), 4e-15, y);
        AssertClose(Math.Pow(500_000, y), DeterministicMath.Pow(500_000, y), 4e-15, y);
    });

    [Fact]
    public void SineAndCosineAreAccurate()
    {
        foreach (double range in new[] { 1, 10, 1e3, 1e6, 1e9 })
        {
            ForRange(-range, range, 20_001, x =>
            {
                (double sin, double cos) = DeterministicMath.SinCos(x);
                Assert.InRange(sin - Math.Sin(x), -3e-16, 3e-16);
                Assert.InRange(cos - Math.Cos(x), -3e-16, 3e-16);
            });
        }

        Assert.Equal((0, 1), DeterministicMath.SinCos(0));
    }

    [Fact]
    public void VectorExpIsAccurateToAUnitInTheLastPlace() => ForRange(-87.3, 88.37, 400_001, x =>
    {
        float value = (float)x;
        double exact = Math.Exp(value);
        float found = DeterministicMath.Exp(Vector256.Create(value))[0];
        double unit = (double)MathF.BitIncrement((float)exact) - (float)exact;
        Assert.True(Math.Abs(found - exact) <= unit, $"e^{value:R} = {exact:R}, found {found:R}");
    });

    [Fact]
    public void VectorExpAtTheEdges()
    {
        Vector256<float> found = DeterministicMath.Exp(Vector256.Create(
            0, float.NegativeInfinity, float.PositiveInfinity, float.NaN, -87.4f, 88.4f, -0f, float.MinValue));
        var values = new float[8];
        found.CopyTo(values);
        Assert.Equal([1, 0, float.PositiveInfinity, float.NaN, 0, float.PositiveInfinity, 1, 0], values);
    }

    // Written down once, on x64; whatever machine this runs on must find the same bits.
    [Fact]
    public void TheSameBitsEverywhere()
    {
        ulong hash = 14695981039346656037;
        ForRange(-80, 80, 4_001, x =>
        {
            (double sin, double cos) = DeterministicMath.SinCos(x);
            Mix(BitConverter.DoubleToUInt64Bits(sin));
            Mix(BitConverter.DoubleToUInt64Bits(cos));
            Mix(BitConverter.DoubleToUInt64Bits(DeterministicMath.Exp(x)));
            Mix(BitConverter.DoubleToUInt64Bits(DeterministicMath.Log(x * x + 0.1)));
            Mix(BitConverter.SingleToUInt32Bits(DeterministicMath.Exp(Vector256.Create((float)x))[0]));
        });
        Assert.Equal(4331671582424707008UL, hash);

        void Mix(ulong bits) => hash = (hash ^ bits) * 1099511628211;
    }

    private static void ForRange(double from, double to, int count, Action<double> check)
    {
        for (int i = 0; i < count; i++)
        {
            check(from + (to - from) * i / (count - 1));
        }
    }

    private static void AssertClose(double expected, double found, double relative, double argument) =>
        Assert.True(Math.Abs(found - expected) <= relative * Math.Abs(expected),
            $"at {argument:R}: expected {expected:R}, found {found:R}");
}
