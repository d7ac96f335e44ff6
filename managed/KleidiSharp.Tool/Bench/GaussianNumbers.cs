// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp.Tool.Bench;

/// <summary>
/// Normally distributed numbers, fast enough for a gigabyte of weights: a block of them is drawn once, and a matrix is
/// filled with copies of the block that each start somewhere else in it.
/// </summary>
internal sealed class GaussianNumbers
{
    private readonly float[] block = new float[1 << 20];
    private readonly Random random;

    /// <param name="seed">Where the numbers start.</param>
    /// <param name="deviation">Standard deviation.</param>
    public GaussianNumbers(int seed, float deviation)
    {
        random = new Random(seed);
        for (int i = 0; i < block.Length; i += 2)
        {
            // Box and Muller's transform of two uniform numbers.
            double radius = deviation * Math.Sqrt(-2 * Math.Log(1 - random.NextDouble()));
            (double sin, double cos) = Math.SinCos(2 * Math.PI * random.NextDouble());
            block[i] = (float)(radius * cos);
            block[i + 1] = (float)(radius * sin);
        }
    }

    /// <summary>Overwrites <paramref name="values"/>.</summary>
    public void Fill(Span<float> values)
    {
        while (!values.IsEmpty)
        {
            ReadOnlySpan<float> source = block.AsSpan(random.Next(block.Length / 2));
            source = source[..Math.Min(source.Length, values.Length)];
            source.CopyTo(values);
            values = values[source.Length..];
        }
    }
}
