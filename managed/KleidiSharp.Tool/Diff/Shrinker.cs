// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp.Tool.Diff;

/// <summary>Looks for the smallest case that still fails.</summary>
/// <param name="compare">Says where a case fails; null where it does not.</param>
internal sealed class Shrinker(Func<DrawnCase, Difference?> compare)
{
    private const int MostAttempts = 5000;

    /// <summary>Shrinks.</summary>
    /// <param name="drawn">A case that fails.</param>
    /// <param name="difference">Where it does.</param>
    /// <returns>A case of which no reduction fails, and where it does.</returns>
    public (DrawnCase Case, Difference Difference) Shrink(DrawnCase drawn, Difference difference)
    {
        int attempts = 0;
        bool smaller;
        do
        {
            smaller = false;
            foreach (DrawnCase candidate in CaseReductions.Of(drawn, difference.Row, difference.Column))
            {
                attempts++;
                if (compare(candidate) is { } still)
                {
                    (drawn, difference, smaller) = (candidate, still, true);
                    break;
                }
            }
        }
        while (smaller && attempts < MostAttempts);
        return (drawn, difference);
    }
}
