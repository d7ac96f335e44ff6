// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp.Tool.Diff;

/// <summary>Which cases are run.</summary>
/// <param name="Kinds">The formats.</param>
/// <param name="Seed">What cases are drawn from.</param>
/// <param name="First">Index of the first case of each format.</param>
/// <param name="Cases">Cases of each format.</param>
internal sealed record DiffPlan(IReadOnlyList<WeightKind> Kinds, int Seed, int First, int Cases)
{
    /// <summary>Cases of all formats.</summary>
    public int Total => checked(Cases * Kinds.Count);

    /// <summary>Draws one of them; the formats take turns.</summary>
    public DrawnCase Draw(int i) => CaseGenerator.Draw(Kinds[i % Kinds.Count], Seed, First + (i / Kinds.Count));
}
