// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp.Models;

/// <summary>The tokens of one session in a batch.</summary>
/// <param name="Cache">The session's keys and values, with room for the tokens.</param>
/// <param name="Position">The position of the first of the tokens.</param>
/// <param name="Count">Tokens, at least one.</param>
internal readonly record struct BatchPart(KeyValueCache Cache, int Position, int Count);
