// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp;

/// <summary>Numbers in narrower types: exactly, or as the caller says.</summary>
internal static class ExactNumbers
{
    /// <summary>A double as f32.</summary>
    /// <param name="exact">The number.</param>
    /// <param name="rounding">What to do where f32 does not hold it.</param>
    /// <param name="what">Names the number in the message, for instance "the zero of group 3 of row 1".</param>
    /// <exception cref="ArgumentException">It is not exact, and no rounding was named.</exception>
    public static float ToSingle(double exact, Rounding rounding, Func<string> what)
    {
        float value = (float)exact;
        if (value == exact)
        {
            return value;
        }

        return rounding switch
        {
            Rounding.ToEven => value,
            Rounding.TowardZero => Math.Abs((double)value) > Math.Abs(exact) ? BitsTowardZero(value) : value,
            _ => throw Lost(what(), exact, value, "f32"),
        };
    }

    /// <summary>An f32 as bfloat16, given back as f32.</summary>
    /// <param name="value">The number.</param>
    /// <param name="rounding">What to do where bfloat16 does not hold it.</param>
    /// <param name="what">Names the number in the message.</param>
    /// <exception cref="ArgumentException">It is not exact, and no rounding was named.</exception>
    public static float ToBFloat16(float value, Rounding rounding, Func<string> what)
    {
        if (BFloat16.IsExact(value))
        {
            return value;
        }

        float nearest = BFloat16.ToSingle(BFloat16.Round(value));
        return rounding switch
        {
            Rounding.ToEven => nearest,
            Rounding.TowardZero => BFloat16.ToSingle((ushort)(BitConverter.SingleToUInt32Bits(value) >> 16)),
            _ => throw Lost(what(), value, nearest, "bfloat16"),
        };
    }

    private static float BitsTowardZero(float value) =>
        BitConverter.UInt32BitsToSingle(BitConverter.SingleToUInt32Bits(value) - 1);

    private static ArgumentException Lost(string what, double exact, float value, string type) => new(
        FormattableString.Invariant(
            $"{what} is {exact:R}, which no {type} holds: it would become {value:R}. Name a rounding to accept that."));
}
