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

    public QuantizedWeights Weights(WeightFormat format, int n, int k) =>
        new(format, n, k, Codes(n * k / 2), Scales(n * k / format.GroupSize));
}
