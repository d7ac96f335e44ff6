// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp.Tests.Bindings;

/// <summary>What came of loading the library in a process.</summary>
/// <param name="Backend">What did the work.</param>
/// <param name="Loaded">The file that was loaded; else null.</param>
/// <param name="Warnings">The warnings that three contexts gave to one factory, after one that had none.</param>
/// <param name="OtherWarnings">The warnings that one more context gave to another factory.</param>
/// <param name="Refusal">What a context said that requires the library; null where it has it.</param>
/// <param name="Product">The result of a multiplication.</param>
internal sealed record LoadOutcome(
    ComputeBackend Backend, string? Loaded, string[] Warnings, string[] OtherWarnings, string? Refusal, float[] Product);
