// SPDX-License-Identifier: Apache-2.0
using System.Text;

namespace KleidiSharp;

/// <summary>Which kernel multiplies by given weights for a number of rows, and why.</summary>
public sealed class KernelChoice
{
    internal KernelChoice(WeightFormat format, int rows, KernelInfo kernel, IReadOnlyList<KernelRejection> rejected)
    {
        Format = format;
        Rows = rows;
        Kernel = kernel;
        Rejected = rejected;
    }

    /// <summary>The format of the weights.</summary>
    public WeightFormat Format { get; }

    /// <summary>The number of rows (m) asked for.</summary>
    public int Rows { get; }

    /// <summary>The kernel that runs.</summary>
    public KernelInfo Kernel { get; }

    /// <summary>The kernels of this format that are preferred to it but do not serve, in order of preference.</summary>
    public IReadOnlyList<KernelRejection> Rejected { get; }

    /// <summary>
    /// One line, for instance "int4/32 × int8 dynamic, avx2: ks_int4_group_avx2 (m = 1); avx512vnni rejected: not on
    /// this CPU (…)".
    /// </summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        text.Append(Format).Append(Format.Traits.Activations switch
        {
            ActivationRule.PerRow => " × int8 dynamic, ",
            ActivationRule.PerGroup => " × int8 per group, ",
            _ => $" × {Format}, ",
        });
        text.Append(TierNames.Format(Kernel.Tier)).Append(": ").Append(Kernel.Name).Append(" (m = ").Append(Rows).Append(')');
        foreach (IGrouping<string, KernelRejection> reason in Rejected.GroupBy(rejection => rejection.Explanation))
        {
            IEnumerable<string> tiers = reason.Select(rejection => TierNames.Format(rejection.Kernel.Tier)).Distinct();
            text.Append("; ").AppendJoin(", ", tiers).Append(" rejected: ").Append(reason.Key);
        }

        return text.ToString();
    }
}
