// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp;

/// <summary>
/// The range to which results are cut: min(max(r, Minimum), Maximum), where a zero minimum counts as +0 and a zero
/// maximum as -0. The default value cuts nothing.
/// </summary>
public readonly record struct Clamp
{
    private readonly bool bounded;
    private readonly float minimum;
    private readonly float maximum;

    /// <summary>Cuts results to a range.</summary>
    /// <param name="minimum">Lower bound; <see cref="float.NegativeInfinity"/> for none.</param>
    /// <param name="maximum">Upper bound; <see cref="float.PositiveInfinity"/> for none.</param>
    /// <exception cref="ArgumentException">A bound is NaN, or the lower is above the upper.</exception>
    public Clamp(float minimum, float maximum)
    {
        if (float.IsNaN(minimum) || float.IsNaN(maximum) || minimum > maximum)
        {
            throw new ArgumentException(
                FormattableString.Invariant(
                    $"The range {minimum} to {maximum} is not one: the bounds must be numbers, the lower first."),
                nameof(minimum));
        }

        bounded = !(float.IsNegativeInfinity(minimum) && float.IsPositiveInfinity(maximum));
        this.minimum = bounded ? minimum : 0;
        this.maximum = bounded ? maximum : 0;
    }

    /// <summary>Cuts nothing.</summary>
    public static Clamp None => default;

    /// <summary>Cuts negative results to 0.</summary>
    public static Clamp Relu => new(0, float.PositiveInfinity);

    /// <summary>Cuts results to 0..6.</summary>
    public static Clamp Relu6 => new(0, 6);

    /// <summary>The lower bound.</summary>
    public float Minimum => bounded ? minimum : float.NegativeInfinity;

    /// <summary>The upper bound.</summary>
    public float Maximum => bounded ? maximum : float.PositiveInfinity;

    /// <summary>For instance "[0, 6]", or "none".</summary>
    public override string ToString() => bounded ? FormattableString.Invariant($"[{Minimum}, {Maximum}]") : "none";
}
