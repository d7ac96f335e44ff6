// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp.Models;

/// <summary>A stretch of a prompt.</summary>
/// <param name="Text">The text.</param>
/// <param name="IsTrusted">
/// Whether control tokens may be read from it: so for what a template writes, never for what a message says.
/// </param>
public readonly record struct PromptPiece(string Text, bool IsTrusted);
