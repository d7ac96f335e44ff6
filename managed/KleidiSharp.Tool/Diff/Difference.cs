// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp.Tool.Diff;

/// <summary>Where two implementations differ.</summary>
/// <param name="What">"y", "code" or "scale".</param>
/// <param name="Row">Row of the first element that differs.</param>
/// <param name="Column">Its column.</param>
/// <param name="Left">What the left implementation has there.</param>
/// <param name="Right">What the right one has.</param>
/// <param name="Ulp">Representable floats between the two; null where one is NaN.</param>
/// <param name="MaxUlp">The most of all elements; differences to NaN do not count.</param>
/// <param name="Differing">Elements that differ.</param>
/// <param name="Elements">Elements that were compared.</param>
internal sealed record Difference(
    string What, int Row, int Column, float Left, float Right, long? Ulp, long MaxUlp, int Differing, int Elements)
{
    /// <summary>The bits of <see cref="Left"/>.</summary>
    public string LeftBits => Bits(Left);

    /// <summary>The bits of <see cref="Right"/>.</summary>
    public string RightBits => Bits(Right);

    /// <summary>Compares bit for bit.</summary>
    /// <param name="what">What is compared.</param>
    /// <param name="left">Rows of the left implementation.</param>
    /// <param name="right">As many of the right one.</param>
    /// <param name="columns">Elements of a row.</param>
    /// <returns>Null where every bit is the same.</returns>
    public static Difference? Of(string what, ReadOnlySpan<float> left, ReadOnlySpan<float> right, int columns)
    {
        int first = -1;
        int differing = 0;
        long maxUlp = 0;
        for (int i = 0; i < left.Length; i++)
        {
            if (BitConverter.SingleToUInt32Bits(left[i]) != BitConverter.SingleToUInt32Bits(right[i]))
            {
                first = first < 0 ? i : first;
                differing++;
                maxUlp = Math.Max(maxUlp, UlpOf(left[i], right[i]) ?? 0);
            }
        }

        if (first < 0)
        {
            return null;
        }

        (float a, float b) = (left[first], right[first]);
        return new Difference(
            what, first / columns, first % columns, a, b, UlpOf(a, b), maxUlp, differing, left.Length);
    }

    /// <summary>
    /// One line, for instance "y[0, 3] is 1 (0x3F800000) left and 1.0000001 (0x3F800001) right, 1 ULP apart; …".
    /// </summary>
    public override string ToString() =>
        $"{What}[{Row}, {Column}] is {Left:R} ({LeftBits}) left and {Right:R} ({RightBits}) right, "
        + $"{(Ulp is null ? "at least one of them NaN" : $"{Ulp} ULP apart")}; {Differing} of {Elements} elements differ";

    private static long? UlpOf(float a, float b) =>
        float.IsNaN(a) || float.IsNaN(b) ? null : Parity.UlpDistance(a, b);

    private static string Bits(float value) => $"0x{BitConverter.SingleToUInt32Bits(value):X8}";
}
