// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp.Tool.BenchModel;

/// <summary>The model run by a peer.</summary>
/// <param name="Peer">What the peer's program is called.</param>
/// <param name="Command">The peer's command.</param>
/// <param name="Prefill">The prompt, at once.</param>
/// <param name="Decode">Tokens one by one.</param>
internal sealed record PeerSpeed(string Peer, string Command, RateReport Prefill, RateReport Decode);
