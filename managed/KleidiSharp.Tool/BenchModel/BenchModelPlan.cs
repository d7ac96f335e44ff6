// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp.Tool.BenchModel;

/// <summary>What <c>kleidi bench-model</c> is asked to measure.</summary>
/// <param name="File">The model.</param>
/// <param name="Formats">What its weights are turned into; the others are compared with the first.</param>
/// <param name="Prompt">Tokens that are passed through the model at once.</param>
/// <param name="Tokens">Tokens that are passed through it one by one.</param>
/// <param name="Rounds">How often each format and each peer is measured.</param>
/// <param name="PackedCache">A folder that keeps packed weights; null for none.</param>
/// <param name="Peers">Who is measured besides.</param>
internal sealed record BenchModelPlan(
    string File,
    IReadOnlyList<WeightFormat> Formats,
    int Prompt,
    int Tokens,
    int Rounds,
    string? PackedCache,
    IReadOnlyList<ModelPeer> Peers);
