// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp;

/// <summary>What a kernel is looked for.</summary>
/// <param name="Format">The weights.</param>
/// <param name="Layout">The layout they are packed in; null for any.</param>
/// <param name="Rows">Rows of x; 0 asks for a layout that serves every number of rows.</param>
/// <param name="DisabledTiers">Tiers that are switched off.</param>
internal readonly record struct KernelRequest(WeightFormat Format, WeightLayout? Layout, long Rows, KernelTiers DisabledTiers);
