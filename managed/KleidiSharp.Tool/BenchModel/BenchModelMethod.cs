// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp.Tool.BenchModel;

/// <summary>How it was measured.</summary>
/// <param name="Prompt">Tokens that were passed through the model at once, from an empty context.</param>
/// <param name="Tokens">Tokens that were passed through it one by one, from an empty context.</param>
/// <param name="Rounds">Rounds: every format once, then every peer once.</param>
/// <param name="Notes">The same in words.</param>
internal sealed record BenchModelMethod(int Prompt, int Tokens, int Rounds, IReadOnlyList<string> Notes);
