// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp.Tool.Doctor;

/// <summary>
/// Every usable kernel against the C# reference, to the bit: awkward shapes, bias, clamp, groups, and a row that is not
/// finite. A kernel that others are preferred to is reached by packing for its layout and switching others off; where
/// it runs for other numbers of rows only, with those.
/// </summary>
internal sealed class SelfTest(Func<KernelTiers, ComputeContext> open) : IDisposable
{
    private const int MostRows = 64;

    private static readonly SelfTestCase[] Cases =
    [
        new(Rows: 1, OutFeatures: 1, InFeatures: 32, Group: 32, Bias: false, Clamp.None),
        new(Rows: 1, OutFeatures: 130, InFeatures: 256, Group: 64, Bias: true, Clamp.None),
        new(Rows: 2, OutFeatures: 33, InFeatures: 96, Group: 96, Bias: true, Clamp.Relu6),
        new(Rows: 3, OutFeatures: 31, InFeatures: 128, Group: 32, Bias: false, Clamp.Relu),
        new(Rows: 5, OutFeatures: 8, InFeatures: 512, Group: 256, Bias: true, Clamp.None),
        new(Rows: 8, OutFeatures: 64, InFeatures: 160, Group: 32, Bias: true, new Clamp(-0.5f, 0.25f)),
        new(Rows: 37, OutFeatures: 71, InFeatures: 192, Group: 64, Bias: true, Clamp.None),
    ];

    private readonly Dictionary<KernelTiers, ComputeContext> contexts = [];

    /// <summary>Tests one kernel.</summary>
    /// <param name="kernel">A kernel that can run here.</param>
    /// <param name="table">The kernel table that it is of.</param>
    public SelfTestReport Run(KernelInfo kernel, IReadOnlyList<KernelInfo> table)
    {
        int passed = 0;
        foreach (SelfTestCase test in Cases)
        {
            if (Failure(kernel, table, test) is { } failure)
            {
                return new SelfTestReport(kernel.Name, false, passed, $"{failure} ({test})");
            }

            passed++;
        }

        return new SelfTestReport(kernel.Name, true, passed, null);
    }

    public void Dispose()
    {
        foreach (ComputeContext compute in contexts.Values)
        {
            compute.Dispose();
        }
    }

    private string? Failure(KernelInfo kernel, IReadOnlyList<KernelInfo> table, SelfTestCase test)
    {
        string reason = "other kernels are preferred for every number of rows";
        foreach (KernelTiers disabled in WaysToReach(kernel, table))
        {
            if (!contexts.TryGetValue(disabled, out ComputeContext? compute))
            {
                contexts.Add(disabled, compute = open(disabled));
            }

            try
            {
                using PackedWeights packed = test.Pack(kernel.Kind, kernel.Layout, compute);
                foreach (long rows in new[] { test.Rows, kernel.MinRows, kernel.MaxRows })
                {
                    if (rows is >= 1 and <= MostRows && packed.KernelFor((int)rows).Kernel.Index == kernel.Index)
                    {
                        (test with { Rows = (int)rows }).Check(packed);
                        return null;
                    }
                }
            }
            catch (PlatformNotSupportedException e)
            {
                // The tiers that are left serve only some numbers of rows, or a layout is not what it should be.
                reason = e.Message;
            }
            catch (ParityException e)
            {
                return e.Message;
            }
        }

        return reason;
    }

    // Its tier alone; then, since tiers may need each other to serve every number of rows, with one more; then all.
    private static IEnumerable<KernelTiers> WaysToReach(KernelInfo kernel, IReadOnlyList<KernelInfo> table)
    {
        KernelTiers[] others = [.. table.Select(k => k.Tier).Distinct().Where(tier => tier != kernel.Tier)];
        KernelTiers all = others.Aggregate(KernelTiers.None, (sum, tier) => sum | tier);
        return [all, .. others.Select(tier => all & ~tier), KernelTiers.None];
    }
}
