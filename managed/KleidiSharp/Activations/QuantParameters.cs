// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp;

/// <summary>
/// What int8 codes stand for: value (code - ZeroPoint) · Scale. Found by calibration, for all rows of activations or
/// results.
/// </summary>
public readonly record struct QuantParameters
{
    private const float SmallestNormal = 1.17549435e-38f;

    /// <summary>Takes a scale and the code of 0.</summary>
    /// <param name="scale">The step between codes: a normal float above 0.</param>
    /// <param name="zeroPoint">The code of 0, -128..127.</param>
    /// <exception cref="ArgumentOutOfRangeException">One of them is out of its range.</exception>
    public QuantParameters(float scale, int zeroPoint)
    {
        if (!(scale >= SmallestNormal && float.IsFinite(scale)))
        {
            throw new ArgumentOutOfRangeException(nameof(scale), scale, "A scale is a normal float above 0.");
        }

        if (zeroPoint is < sbyte.MinValue or > sbyte.MaxValue)
        {
            throw new ArgumentOutOfRangeException(nameof(zeroPoint), zeroPoint, "A zero point of int8 codes is -128..127.");
        }

        Scale = scale;
        ZeroPoint = zeroPoint;
    }

    /// <summary>The step between codes; 0 for the default value, which is none.</summary>
    public float Scale { get; }

    /// <summary>The code of 0.</summary>
    public int ZeroPoint { get; }

    internal bool IsNone => Scale == 0;
}
