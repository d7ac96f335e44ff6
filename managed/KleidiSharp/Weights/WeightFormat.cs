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

    private readonly bool int4;

    private WeightFormat(int groupSize)
    {
        int4 = true;
        GroupSize = groupSize;
    }

    /// <summary>32-bit floats; also the default value.</summary>
    public static WeightFormat Float32 => default;

    /// <summary>The number format.</summary>
    public WeightKind Kind => int4 ? WeightKind.Int4Group : WeightKind.Float32;

    /// <summary>Values along k that share a scale; 0 for <see cref="Float32"/>.</summary>
    public int GroupSize { get; }

    /// <summary>
    /// Symmetric int4 codes in groups of <paramref name="groupSize"/> along k, with a bfloat16 scale each.
    /// </summary>
    /// <param name="groupSize">
    /// A multiple of 32 from 32 to 16384; it has to divide the input features of the matrix.
    /// </param>
    /// <exception cref="ArgumentOutOfRangeException">The group is not one of these.</exception>
    public static WeightFormat Int4Group(int groupSize)
    {
        if (!IsGroup(groupSize))
        {
            throw new ArgumentOutOfRangeException(
                nameof(groupSize), groupSize, $"An int4 group is a multiple of {MinGroup} from {MinGroup} to {MaxGroup}.");
        }

        return new WeightFormat(groupSize);
    }

    /// <summary>
    /// Whether a matrix with that many input features can be stored so: the group has to divide them.
    /// </summary>
    /// <param name="inFeatures">Values per row of the matrix.</param>
    public bool Fits(int inFeatures) => inFeatures > 0 && (!int4 || inFeatures % GroupSize == 0);

    /// <summary>"f32", or for instance "int4/32".</summary>
    public override string ToString() =>
        int4 ? string.Create(CultureInfo.InvariantCulture, $"int4/{GroupSize}") : "f32";

    internal static bool IsGroup(int size) => size is >= MinGroup and <= MaxGroup && size % MinGroup == 0;

    internal void EnsureFits(int outFeatures, int inFeatures)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(outFeatures, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(inFeatures, 1);
        if (Fits(inFeatures))
        {
            return;
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
            ? "no int4 group divides it, so use WeightFormat.Float32"
            : $"groups that would fit: {string.Join(", ", fitting)}";
        throw new ArgumentException(
            $"inFeatures {inFeatures} is not a multiple of the group {GroupSize}; {advice}.", nameof(inFeatures));
    }
}
