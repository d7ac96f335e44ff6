// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp.Tool.BenchModel;

/// <summary>How fast a model was, once.</summary>
/// <param name="Prefill">Tokens per second of a prompt passed through it at once.</param>
/// <param name="Decode">Tokens per second passed through it one by one.</param>
internal readonly record struct TokenSpeed(double Prefill, double Decode);
