// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp;

/// <summary>What a kernel is looked for.</summary>
/// <param name="Format">The weights.</param>
/// <param name="Layout">The layout they are packed in; null for any.</param>
/// <param name="Rows">Rows of x; 0 asks for a layout that serves every number of rows.</param>
/// <param name="OutFeatures">Columns of y (n).</param>
/// <param name="InFeatures">Values per row of x (k).</param>
/// <param name="DisabledTiers">Tiers that are switched off.</param>
/// <param name="VectorBytes">
/// The vector length that the layout was packed for; 0 where it depends on none, and where it is null.
/// </param>
internal readonly record struct KernelRequest(
    WeightFormat Format,
    WeightLayout? Layout,
    long Rows,
    int OutFeatures,
    int InFeatures,
    KernelTiers DisabledTiers,
    int VectorBytes = 0);
