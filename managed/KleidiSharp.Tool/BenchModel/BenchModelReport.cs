// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp.Tool.BenchModel;

/// <summary>What <c>kleidi bench-model --json</c> writes.</summary>
/// <param name="Machine">Where it was measured.</param>
/// <param name="Measured">When it was over.</param>
/// <param name="Method">How it was measured.</param>
/// <param name="File">The model's file, without its folder.</param>
/// <param name="Name">What the model is called.</param>
/// <param name="FileBytes">The length of the file.</param>
/// <param name="Formats">Each format of the weights.</param>
/// <param name="Peers">Each peer.</param>
/// <param name="Memory">What this process has after a prompt was run; null with several formats, which are in memory
/// together.</param>
internal sealed record BenchModelReport(
    MachineReport Machine,
    DateTimeOffset Measured,
    BenchModelMethod Method,
    string File,
    string Name,
    long FileBytes,
    IReadOnlyList<FormatSpeed> Formats,
    IReadOnlyList<PeerSpeed> Peers,
    ProcessMemory? Memory);
