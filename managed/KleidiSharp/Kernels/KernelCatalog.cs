// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp;

/// <summary>The kernels of this process.</summary>
public static class KernelCatalog
{
    /// <summary>
    /// The kernel table of <see cref="ComputeContext.Default"/>, those kernels included that are not compiled in or
    /// cannot run here. A context of other options has its own in <see cref="ComputeContext.Kernels"/>.
    /// </summary>
    public static IReadOnlyList<KernelInfo> All => ComputeContext.Default.Kernels;
}
