// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp.Tests;

public sealed class FullRangeInt4Tests
{
    [Fact]
    public void TheLargestMagnitudeBecomesMinus8()
    {
        float[] values = new float[64];
        (values[3], values[4], values[5], values[6], values[7]) = (2, -2, 0.375f, -1.8f, 0.125f); // the first of equals leads: scale -1/4
        (values[40], values[41]) = (-16, 15.5f); // scale 2, and 7.75 is cut to 7
        QuantizedWeights found = Quantize(values, 2, 32);

        Assert.Equal([-0.25f, 2], found.Scales.ToArray());
        float[] expected = new float[64];
        (expected[3], expected[4], expected[5], expected[6], expected[7]) = (2, -1.75f, 0.5f, -1.75f, 0); // ties go to even codes
        (expected[40], expected[41]) = (-16, 14);
        Assert.Equal(expected, found.Dequantize());
    }

    [Fact]
    public void ScalesAreRoundedBeforeTheCodesAreMade()
    {
        float[] values = [.. Enumerable.Range(0, 32).Select(i => i / 31f)];
        QuantizedWeights found = Quantize(values, 1, 32);
        Assert.Equal(-0.125f, found.Scales[0]);

        values[31] = 1.003f; // 1.003 / 8 lies between the bfloat16s 0.125 and 0.1259765625, nearer to the former
        Assert.Equal(-0.125f, Quantize(values, 1, 32).Scales[0]);
        values[31] = 1.005f;
        Assert.Equal(-0.1259765625f, Quantize(values, 1, 32).Scales[0]);
    }

    [Theory]
    [InlineData(0f)]
    [InlineData(1e-45f)]
    [InlineData(-3e-38f)]
    public void GroupsOfNextToNothingBecomeZero(float value)
    {
        float[] values = new float[32];
        values[7] = value;
        QuantizedWeights found = Quantize(values, 1, 32);
        Assert.All(found.Dequantize(), v => Assert.InRange(v, -4e-38f, 4e-38f));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void LosesAtMostHalfAStepAndTheLastCode(int threads)
    {
        var random = new Random(2);
        float[] values = [.. Enumerable.Range(0, 50 * 256).Select(_ => (float)(random.NextDouble() * 2 - 1))];
        QuantizedWeights found = Quantize(values, 50, 256, group: 128, threads);
        float[] back = found.Dequantize();
        for (int i = 0; i < values.Length; i++)
        {
            float step = MathF.Abs(found.Scales[i / 128]);
            Assert.True(MathF.Abs(back[i] - values[i]) <= step * 1.04f, $"[{i}]: {values[i]} became {back[i]}"); // +8 steps become +7
        }
    }

    // The formula, value by value.
    [Theory]
    [InlineData(32)]
    [InlineData(96)]
    public void EveryCodeFollowsFromTheFormula(int group)
    {
        float[] values = new Drawn(group).Values(40 * group);
        Array.Fill(values, -0f, group, group);
        Array.Fill(values, float.MaxValue, 2 * group, group);
        values[3 * group] = float.MinValue;
        for (int i = 4 * group; i < 5 * group; i++)
        {
            values[i] = (i - 4 * group) switch { 17 => -8, 20 => 8, _ => i % 16 - 7.5f }; // the scale is 1, and all others are ties
        }

        QuantizedWeights found = Quantize(values, 40, group, group);
        QuantizedWeights expected = Formula(values, 40, group, group);
        Assert.Equal(expected.Scales.ToArray(), found.Scales.ToArray());
        Assert.Equal(expected.Codes.ToArray(), found.Codes.ToArray());
    }

    /// <summary>The mapping, value by value.</summary>
    internal static QuantizedWeights Formula(float[] values, int outFeatures, int inFeatures, int group)
    {
        var codes = new byte[values.Length / 2];
        var scales = new float[values.Length / group];
        for (int i = 0; i < values.Length; i++)
        {
            float largest = 0;
            foreach (float value in values.AsSpan(i / group * group, group))
            {
                largest = MathF.Abs(value) > MathF.Abs(largest) ? value : largest;
            }

            float scale = BFloat16.ToSingle(BFloat16.Round(
                MathF.Abs(largest) < 8 * 1.17549435e-38f ? 1.17549435e-38f : largest / -8));
            double code = Math.Clamp(Math.Round(values[i] * (1 / scale), MidpointRounding.ToEven), -8, 7) + 8;
            scales[i / group] = scale;
            codes[i / 2] |= (byte)((int)code << (i % 2 * 4));
        }

        return new QuantizedWeights(WeightFormat.Int4Group(group), outFeatures, inFeatures, codes, scales);
    }

    private static QuantizedWeights Quantize(float[] values, int outFeatures, int inFeatures, int group = 32, int threads = 1)
    {
        using var context = new ComputeContext(new ComputeOptions { Backend = ComputeBackend.Managed, Threads = threads });
        return Quantizer.Quantize(values, outFeatures, inFeatures, WeightFormat.Int4Group(group), Int4Mapping.FullRange, context);
    }
}
