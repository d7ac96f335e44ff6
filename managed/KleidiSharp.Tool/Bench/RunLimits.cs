// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp.Tool.Bench;

/// <summary>How many turns a measurement takes.</summary>
/// <param name="Fewest">Turns that are taken in any case.</param>
/// <param name="Most">Turns after which it is enough.</param>
/// <param name="Budget">Time after which no further turn begins.</param>
internal sealed record RunLimits(int Fewest, int Most, TimeSpan Budget);
