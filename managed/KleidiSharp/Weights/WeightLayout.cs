// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp;

/// <summary>
/// The order of bytes in packed weights: a closed formula, the same on every machine, that kernels of one or more tiers
/// read. The header kleidisharp.h gives the formulas.
/// </summary>
public enum WeightLayout
{
    /// <summary>f32 in panels of 16 columns.</summary>
    Float32N16 = 1,

    /// <summary>
    /// int4 groups in panels of 32 columns, 4 values of k together; read by this library's own kernels.
    /// </summary>
    Int4N32K4 = 2,

    /// <summary>int4 groups in panels of 8 columns, as KleidiAI's kernels with kr 8 read them.</summary>
    Int4N8K8 = 3,

    /// <summary>int4 groups in panels of 8 columns, as KleidiAI's kernels with kr 16 read them.</summary>
    Int4N8K16 = 4,
}
