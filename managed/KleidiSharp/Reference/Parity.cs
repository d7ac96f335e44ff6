// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp;

/// <summary>Compares results: to the bit, or by the noise that quantisation adds.</summary>
public static class Parity
{
    /// <summary>
    /// Requires every element to have the same bits; all NaN differ from each other where their bits do.
    /// </summary>
    /// <param name="expected">What should be there.</param>
    /// <param name="actual">What is there.</param>
    /// <exception cref="ParityException">
    /// The lengths or the bits of an element differ; the first such element is named.
    /// </exception>
    public static void AssertSameBits(ReadOnlySpan<float> expected, ReadOnlySpan<float> actual)
    {
        if (expected.Length != actual.Length)
        {
            throw new ParityException($"expected {expected.Length} elements, got {actual.Length}");
        }

        int index = 0;
        while (index < expected.Length && SameBits(expected[index], actual[index]))
        {
            index++;
        }

        if (index == expected.Length)
        {
            return;
        }

        int differing = 0;
        for (int i = index; i < expected.Length; i++)
        {
            differing += SameBits(expected[i], actual[i]) ? 0 : 1;
        }

        throw new ParityException(
            $"element {index} of {expected.Length} differs: expected {Describe(expected[index])}, " +
            $"got {Describe(actual[index])}, {DistanceText(expected[index], actual[index])}; {differing} elements differ")
        {
            Index = index,
        };
    }

    /// <summary>Representable floats from one value to another; both zeros count as one.</summary>
    /// <param name="a">A number.</param>
    /// <param name="b">A number.</param>
    /// <exception cref="ArgumentException">One of them is NaN.</exception>
    public static long UlpDistance(float a, float b)
    {
        if (float.IsNaN(a) || float.IsNaN(b))
        {
            throw new ArgumentException("NaN is at no distance from anything.");
        }

        return Math.Abs(Ordinal(a) - Ordinal(b));

        static long Ordinal(float value)
        {
            int bits = BitConverter.SingleToInt32Bits(value);
            return bits < 0 ? -(long)(bits & int.MaxValue) : bits;
        }
    }

    /// <summary>
    /// Signal to quantisation noise ratio in dB: 10 log10(Σ reference² / Σ (reference - approximation)²).
    /// </summary>
    /// <param name="reference">The exact values.</param>
    /// <param name="approximation">The values to judge, as many.</param>
    /// <returns>Infinity where there is no noise.</returns>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    public static double Sqnr(ReadOnlySpan<float> reference, ReadOnlySpan<float> approximation)
    {
        if (reference.Length != approximation.Length)
        {
            throw new ArgumentException(
                $"approximation holds {approximation.Length} values; the reference holds {reference.Length}",
                nameof(approximation));
        }

        double signal = 0;
        double noise = 0;
        for (int i = 0; i < reference.Length; i++)
        {
            double error = (double)reference[i] - approximation[i];
            signal += (double)reference[i] * reference[i];
            noise += error * error;
        }

        return noise == 0 ? double.PositiveInfinity : 10 * Math.Log10(signal / noise);
    }

    private static bool SameBits(float a, float b) => BitConverter.SingleToUInt32Bits(a) == BitConverter.SingleToUInt32Bits(b);

    private static string Describe(float value) =>
        FormattableString.Invariant($"{value} (0x{BitConverter.SingleToUInt32Bits(value):X8})");

    private static string DistanceText(float a, float b) =>
        float.IsNaN(a) || float.IsNaN(b) ? "NaN" : $"{UlpDistance(a, b)} ULP apart";
}
