// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp.Interop;

/// <summary>What is wrong with a library.</summary>
/// <param name="Cause">What it is, for a person: a clause of which the library is the subject.</param>
/// <param name="Remedy">What to do: an imperative.</param>
internal sealed record LibraryFault(string Cause, string Remedy);
