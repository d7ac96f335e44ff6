// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp.Tool.Diff;

/// <summary>What <c>kleidi diff --json</c> writes.</summary>
/// <param name="Ok">Whether nothing differs.</param>
/// <param name="Machine">Where the left side ran, and the right side unless a device did.</param>
/// <param name="Seed">What cases were drawn from.</param>
/// <param name="FirstCase">Index of the first case of each format.</param>
/// <param name="Cases">Cases of each format.</param>
/// <param name="Left">The implementation that was compared with.</param>
/// <param name="Right">The one that was judged.</param>
/// <param name="Hosts">Where it ran.</param>
/// <param name="Seconds">How long all took.</param>
internal sealed record DiffReport(
    bool Ok,
    MachineReport Machine,
    int Seed,
    int FirstCase,
    int Cases,
    string Left,
    string Right,
    IReadOnlyList<HostReport> Hosts,
    double Seconds);

/// <summary>A place where the right side ran.</summary>
/// <param name="Name">"this machine", or the command of a device.</param>
/// <param name="Kernels">What was compared.</param>
/// <param name="Failures">The first failure of each kernel that has one.</param>
internal sealed record HostReport(
    string Name, IReadOnlyList<KernelCount> Kernels, IReadOnlyList<FailureReport> Failures);

/// <summary>The cases of a kernel.</summary>
/// <param name="Format">"int4" or "f32".</param>
/// <param name="Tier">Its tier.</param>
/// <param name="Kernel">Its name; "quantize" for quantising weights.</param>
/// <param name="Cases">Cases that it multiplied.</param>
/// <param name="Differing">Cases in which a bit differs.</param>
/// <param name="MaxUlp">Representable floats between left and right, at most; differences to NaN do not count.</param>
/// <param name="MedianSqnrDecibels">
/// Power of the f32 product over the power of what results differ from it; null for f32 weights.
/// </param>
internal sealed record KernelCount(
    string Format, string Tier, string Kernel, int Cases, int Differing, long MaxUlp, double? MedianSqnrDecibels);

/// <summary>A case in which bits differ.</summary>
/// <param name="Kernel">The kernel on the right.</param>
/// <param name="Case">The case as it was drawn.</param>
/// <param name="Shape">Its format, shape and options.</param>
/// <param name="Difference">Where it differs.</param>
/// <param name="Command">What repeats it.</param>
/// <param name="Smallest">The smallest case found that still differs.</param>
internal sealed record FailureReport(
    string Kernel, string Case, string Shape, Difference Difference, string Command, SmallestCase Smallest);

/// <summary>A case of which no reduction fails.</summary>
/// <param name="Shape">Its format, shape and options.</param>
/// <param name="Difference">Where it differs.</param>
/// <param name="X">Activations, [m][x stride].</param>
/// <param name="Weights">[n][k], before they are quantised.</param>
/// <param name="Bias">[n], or null for none.</param>
internal sealed record SmallestCase(
    string Shape,
    Difference Difference,
    IReadOnlyList<float> X,
    IReadOnlyList<float> Weights,
    IReadOnlyList<float>? Bias);
