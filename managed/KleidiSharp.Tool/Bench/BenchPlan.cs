// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp.Tool.Bench;

/// <summary>What <c>kleidi bench</c> is asked to measure.</summary>
/// <param name="Rows">Numbers of rows (m).</param>
/// <param name="Group">Values per group of the int4 weights.</param>
/// <param name="Quick">Few runs, fewer copies of the weights and a part of the head.</param>
/// <param name="Shapes">The layer shapes; null for the layers of Llama-3.2-1B.</param>
/// <param name="Peers">Who is measured besides.</param>
internal sealed record BenchPlan(
    IReadOnlyList<int> Rows,
    int Group,
    bool Quick,
    IReadOnlyList<LayerShape>? Shapes,
    IReadOnlyList<LayerPeer> Peers)
{
    /// <summary>How often each peer runs for a layer and a number of rows.</summary>
    public int PeerRounds => Quick ? 3 : 7;
}
