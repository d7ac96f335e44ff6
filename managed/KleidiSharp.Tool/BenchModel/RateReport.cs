// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp.Tool.BenchModel;

/// <summary>Tokens per second.</summary>
/// <param name="TokensPerSecond">Median of the rounds.</param>
/// <param name="Rounds">Each round.</param>
/// <param name="FirstOverThis">The first format's rate over this one; null for the first format.</param>
internal sealed record RateReport(double TokensPerSecond, IReadOnlyList<double> Rounds, RatioReport? FirstOverThis);
