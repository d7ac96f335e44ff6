// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp.Tool.BenchModel;

/// <summary>Ratios of two rates, round by round.</summary>
/// <param name="Median">Half of the rounds' ratios are below it.</param>
/// <param name="LowerQuartile">A quarter of the rounds' ratios are below this.</param>
/// <param name="UpperQuartile">A quarter of the rounds' ratios are above this: far apart where the machine was
/// busy.</param>
internal sealed record RatioReport(double Median, double LowerQuartile, double UpperQuartile);
