// SPDX-License-Identifier: Apache-2.0
using System.Globalization;

namespace KleidiSharp.Tests;

public sealed class CultureTests
{
    private static readonly WeightFormat s_int4 = WeightFormat.Int4Group(32);

    [Fact]
    public void Texts_are_the_same_in_every_culture()
    {
        CultureInfo before = CultureInfo.CurrentCulture;
        string[] invariant = [.. Texts()];
        try
        {
            var other = (CultureInfo)CultureInfo.InvariantCulture.Clone();
            other.NumberFormat.NumberDecimalSeparator = ",";
            other.NumberFormat.NaNSymbol = "none";
            other.NumberFormat.PositiveInfinitySymbol = "no end";
            CultureInfo.CurrentCulture = other;
            Assert.Equal("0,5", $"{0.5f}");
            Assert.Equal(invariant, Texts());
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }

    private static IEnumerable<string> Texts()
    {
        float[] bad = [1, float.NaN];
        yield return new Clamp(-0.5f, float.PositiveInfinity).ToString();
        yield return Message(() => _ = new Clamp(0.5f, 0.25f));
        yield return Message(() => Parity.AssertSameBits([0.5f], [float.NaN]));
        yield return Message(() => PackedWeights.Quantize(bad, 1, 2, WeightFormat.Float32));
        yield return Message(() => PackedWeights.Quantize(new float[2], 2, 1, WeightFormat.Float32, bad));
        yield return Message(() => _ = new QuantizedWeights(s_int4, 2, 32, new byte[32], bad));
        yield return Message(() => PackedWeights.Pack(new QuantizedWeights(s_int4, 1, 32, new byte[16], [0.1f])));
    }

    private static string Message(Action call) => Assert.ThrowsAny<Exception>(call).Message;
}
