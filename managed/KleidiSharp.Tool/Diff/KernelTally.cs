// SPDX-License-Identifier: Apache-2.0
using KleidiSharp.Tool.Doctor;

namespace KleidiSharp.Tool.Diff;

/// <summary>Counts the cases of one kernel; used under a lock.</summary>
internal sealed class KernelTally(ComparedKernel kernel)
{
    private readonly List<double> sqnr = [];
    private int differing;
    private long maxUlp;

    public ComparedKernel Kernel => kernel;

    /// <summary>Cases so far.</summary>
    public int Cases { get; private set; }

    /// <summary>The failing case with the lowest index; null for none.</summary>
    public int? FirstFailure { get; private set; }

    /// <summary>Adds a case.</summary>
    /// <param name="index">Its index.</param>
    /// <param name="difference">Where it differs; null for nowhere.</param>
    /// <param name="decibels">Its ratio of signal to noise; null where there is none.</param>
    public void Add(int index, Difference? difference, double? decibels)
    {
        Cases++;
        if (difference is not null)
        {
            differing++;
            maxUlp = Math.Max(maxUlp, difference.MaxUlp);
            FirstFailure = Math.Min(FirstFailure ?? index, index);
        }

        if (decibels is { } ratio && double.IsFinite(ratio))
        {
            sqnr.Add(ratio);
        }
    }

    public KernelCount Report() => new(
        KernelTable.Format(kernel.Kind), kernel.Tier, kernel.Name, Cases, differing, maxUlp, Median());

    private double? Median()
    {
        sqnr.Sort();
        return sqnr.Count == 0 ? null : sqnr[sqnr.Count / 2];
    }
}
