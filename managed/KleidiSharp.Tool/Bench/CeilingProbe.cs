// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp.Tool.Bench;

/// <summary>Measures what limits a multiplication: reading memory, and multiplying and adding.</summary>
/// <param name="bytes">Size of the array that is read.</param>
/// <param name="threads">Threads that measure at once.</param>
internal sealed class CeilingProbe(long bytes, int threads)
{
    private readonly BandwidthProbe bandwidth = new(bytes, threads);
    private readonly PeakProbe? int8 = PeakProbe.Int8(threads);
    private readonly PeakProbe? float32 = PeakProbe.Float32(threads);

    /// <summary>The instruction that is measured for 8-bit integers; null where there is none.</summary>
    public string? Int8Instruction => int8?.Instruction;

    /// <summary>The instruction that is measured for floats; null where there is none.</summary>
    public string? Float32Instruction => float32?.Instruction;

    /// <summary>Measures for some milliseconds each.</summary>
    public Ceilings Measure() =>
        new(bandwidth.Measure(), int8?.Measure() ?? double.NaN, float32?.Measure() ?? double.NaN);
}
