// SPDX-License-Identifier: Apache-2.0
using Xunit.Abstractions;

namespace KleidiSharp.KernelTests;

/// <summary>The kernels of an emulated AArch64 processor.</summary>
public abstract class DeviceParityTests(string cpu, ITestOutputHelper output) : ParityTests(output)
{
    internal override KernelHost OpenHost() => new DeviceHost(EmulatedCpu.Start(cpu), cpu);
}

/// <summary>Armv8.0: no dot products.</summary>
public sealed class CortexA53ParityTests(ITestOutputHelper output) : DeviceParityTests("cortex-a53", output);

/// <summary>Dot products, no int8 matrix multiply.</summary>
public sealed class CortexA76ParityTests(ITestOutputHelper output) : DeviceParityTests("cortex-a76", output);

/// <summary>A server of the same level.</summary>
public sealed class NeoverseN1ParityTests(ITestOutputHelper output) : DeviceParityTests("neoverse-n1", output);

/// <summary>Everything the emulator has, int8 matrix multiply included.</summary>
public sealed class MaxParityTests(ITestOutputHelper output) : DeviceParityTests("max", output);
