// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp.Tests;

/// <summary>Numbers from a seed.</summary>
internal sealed class Drawn(int seed)
{
    private readonly Random random = new(seed);

    /// <summary>Values of which both signs and several magnitudes occur.</summary>
    public float[] Values(int count)
    {
        var values = new float[count];
        for (int i = 0; i < count; i++)
        {
            values[i] = (float)((random.NextDouble() - 0.45) * Math.Pow(2, random.Next(-3, 3)));
        }

        return values;
    }

    public byte[] Codes(int count)
    {
        var codes = new byte[count];
        random.NextBytes(codes);
        return codes;
    }

    /// <summary>Scales that bfloat16 holds.</summary>
    public float[] Scales(int count) => [.. Values(count).Select(value => BFloat16.ToSingle(BFloat16.Round(value / 16)))];

    /// <summary>Any codes, or finite floats, of a format, with scales and zeros that it holds exactly.</summary>
    public QuantizedWeights Weights(WeightFormat format, int n, int k)
    {
        FormatTraits traits = format.Traits;
        byte[] codes = Codes((int)(n * traits.RowBytes(k)));
        int step = traits.IsFloat ? traits.ElementBytes : FormatTraits.Q4BlockBytes;
        for (int i = 0; (traits.IsFloat || format.Kind == WeightKind.Q4_0) && i < codes.Length; i += step)
        {
            // Exponents of f16, bf16 and f32 that are not those of infinities, in the last byte of a float.
            codes[i + (traits.IsFloat ? step : sizeof(ushort)) - 1] &= 0xBB;
        }

        int groups = n * traits.ScalesPerRow(k, format.GroupSize);
        float[] scales = traits.Scales == ScaleType.BFloat16 ? Scales(groups) : Values(groups);
        return new QuantizedWeights(format, n, k, codes, scales, traits.HasZeros ? Values(groups) : []);
    }
}
