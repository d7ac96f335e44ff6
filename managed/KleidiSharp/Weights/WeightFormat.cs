// SPDX-License-Identifier: Apache-2.0
using System.Globalization;

namespace KleidiSharp;

/// <summary>
/// How the values of a weight matrix are stored, and thereby with which arithmetic they are multiplied.
/// </summary>
public readonly record struct WeightFormat
{
    private const int MinGroup = 32;
    private const int MaxGroup = 16384;

    // From Float32 on, so that it is the default.
    private readonly int kind;

    private WeightFormat(WeightKind kind, int groupSize = 0)
    {
        this.kind = kind - WeightKind.Float32;
        GroupSize = groupSize;
    }

    /// <summary>32-bit floats; also the default value.</summary>
    public static WeightFormat Float32 => default;

    /// <summary>16-bit floats (IEEE binary16).</summary>
    public static WeightFormat Float16 => new(WeightKind.Float16);

    /// <summary>bfloat16.</summary>
    public static WeightFormat BFloat16 => new(WeightKind.BFloat16);

    /// <summary>
    /// Symmetric int4 codes with one f32 scale an output feature; at most 65,536 input features.
    /// </summary>
    public static WeightFormat Int4Channel => new(WeightKind.Int4Channel);

    /// <summary>
    /// Symmetric int8 codes with one f32 scale an output feature; at most 65,536 input features.
    /// </summary>
    public static WeightFormat Int8Channel => new(WeightKind.Int8Channel);

    /// <summary>
    /// Symmetric int2 codes with one f32 scale an output feature; the input features are a multiple of 32 and at most
    /// 65,536.
    /// </summary>
    public static WeightFormat Int2Channel => new(WeightKind.Int2Channel);

    /// <summary>GGUF's Q4_0 blocks; the input features are a multiple of 32.</summary>
    public static WeightFormat Q4_0 => new(WeightKind.Q4_0);

    /// <summary>The number format.</summary>
    public WeightKind Kind => WeightKind.Float32 + kind;

    /// <summary>Values along k that share a scale; 0 for formats without groups of a chosen size.</summary>
    public int GroupSize { get; }

    internal FormatTraits Traits => FormatTraits.Of(Kind);

    /// <summary>
    /// Symmetric int4 codes in groups of <paramref name="groupSize"/> along k, with a bfloat16 scale each.
    /// </summary>
    /// <param name="groupSize">
    /// A multiple of 32 from 32 to 16384; it has to divide the input features of the matrix.
    /// </param>
    /// <exception cref="ArgumentOutOfRangeException">The group is not one of these.</exception>
    public static WeightFormat Int4Group(int groupSize) => new(WeightKind.Int4Group, Checked(groupSize));

    /// <summary>
    /// int4 codes in groups of <paramref name="groupSize"/> along k, with an f32 scale and an f32 zero each.
    /// </summary>
    /// <param name="groupSize">
    /// A multiple of 32 from 32 to 16384; it has to divide the input features of the matrix.
    /// </param>
    /// <exception cref="ArgumentOutOfRangeException">The group is not one of these.</exception>
    public static WeightFormat Int4Asymmetric(int groupSize) => new(WeightKind.Int4Asymmetric, Checked(groupSize));

    /// <summary>What reports call a kind, for instance "int4", "int8-channel" or "q4_0".</summary>
    /// <param name="kind">The kind.</param>
    /// <exception cref="ArgumentOutOfRangeException">It is none.</exception>
    public static string NameOf(WeightKind kind) => FormatTraits.Of(kind).Name;

    /// <summary>Whether a matrix with that many input features can be stored so.</summary>
    /// <param name="inFeatures">Values per row of the matrix.</param>
    public bool Fits(int inFeatures) =>
        inFeatures > 0
        && inFeatures <= Traits.KMax
        && inFeatures % Traits.KStep == 0
        && (GroupSize == 0 || inFeatures % GroupSize == 0);

    /// <summary>For instance "f32", "int8-channel" or "int4/32".</summary>
    public override string ToString() => GroupSize == 0
        ? Traits.Name
        : string.Create(CultureInfo.InvariantCulture, $"{Traits.Name}/{GroupSize}");

    /// <summary>A format from a blob or a device; null where there is no such format.</summary>
    internal static WeightFormat? From(WeightKind kind, int group) =>
        FormatTraits.IsKnown(kind) && (FormatTraits.Of(kind).IsGrouped ? IsGroup(group) : group == 0)
            ? new WeightFormat(kind, group)
            : null;

    internal void EnsureFits(int outFeatures, int inFeatures)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(outFeatures, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(inFeatures, 1);
        if (Fits(inFeatures))
        {
            return;
        }

        if (inFeatures > Traits.KMax)
        {
            throw new ArgumentException(
                $"inFeatures {inFeatures} exceeds {Traits.KMax}, the most that {Traits.Name} weights have.", nameof(inFeatures));
        }

        if (GroupSize == 0)
        {
            throw new ArgumentException(
                $"inFeatures {inFeatures} is not a multiple of {Traits.KStep}, as {Traits.Name} weights need.",
                nameof(inFeatures));
        }

        var fitting = new List<int>();
        for (int group = MinGroup; group <= MaxGroup && group <= inFeatures; group += MinGroup)
        {
            if (inFeatures % group == 0)
            {
                fitting.Add(group);
            }
        }

        string advice = fitting.Count == 0
            ? "no int4 group divides it, so use WeightFormat.Int4Channel or WeightFormat.Float32"
            : $"groups that would fit: {string.Join(", ", fitting)}";
        throw new ArgumentException(
            $"inFeatures {inFeatures} is not a multiple of the group {GroupSize}; {advice}.", nameof(inFeatures));
    }

    private static bool IsGroup(int size) => size is >= MinGroup and <= MaxGroup && size % MinGroup == 0;

    private static int Checked(int groupSize) => IsGroup(groupSize)
        ? groupSize
        : throw new ArgumentOutOfRangeException(
            nameof(groupSize), groupSize, $"An int4 group is a multiple of {MinGroup} from {MinGroup} to {MaxGroup}.");
}
