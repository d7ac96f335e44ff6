// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp;

/// <summary>A kernel that was not chosen, although it stands before the chosen one in the table.</summary>
/// <param name="Kernel">The kernel.</param>
/// <param name="Reason">Why it does not serve.</param>
/// <param name="Explanation">The same in words, for instance "not on this CPU (needs i8mm)".</param>
public sealed record KernelRejection(KernelInfo Kernel, KernelReject Reason, string Explanation)
{
    /// <summary>For instance "i8mm rejected: not on this CPU (needs i8mm)".</summary>
    public override string ToString() => $"{TierNames.Format(Kernel.Tier)} rejected: {Explanation}";
}
