// SPDX-License-Identifier: Apache-2.0
using Xunit.Abstractions;

namespace KleidiSharp.KernelTests;

/// <summary>The kernels of an emulated AArch64 processor.</summary>
/// <param name="cpu">As the emulator names it.</param>
/// <param name="cases">Cases of each format: more where kernels run on few processors of the list.</param>
/// <param name="output">Receives the counts.</param>
public abstract class DeviceParityTests(string cpu, int cases, ITestOutputHelper output) : ParityTests(output)
{
    /// <summary>As the emulator names it.</summary>
    internal string Cpu => cpu;

    protected override int DefaultCases => cases;

    internal override KernelHost OpenHost() => new DeviceHost(EmulatedCpu.Start(cpu), cpu);
}

/// <summary>Armv8.0: no dot products.</summary>
public sealed class CortexA53ParityTests(ITestOutputHelper output) : DeviceParityTests("cortex-a53", 500, output);

/// <summary>Dot products, no int8 matrix multiply.</summary>
public sealed class CortexA76ParityTests(ITestOutputHelper output) : DeviceParityTests("cortex-a76", 600, output);

/// <summary>A server of the same level.</summary>
public sealed class NeoverseN1ParityTests(ITestOutputHelper output) : DeviceParityTests("neoverse-n1", 500, output);

/// <summary>Int8 matrix multiply and SVE of 256 bits.</summary>
public sealed class NeoverseV1ParityTests(ITestOutputHelper output) : DeviceParityTests("neoverse-v1", 1600, output);

/// <summary>All that comes before SME, SVE2 of 512 bits included.</summary>
public sealed class MaxParityTests(ITestOutputHelper output) : DeviceParityTests("max,sme=off", 600, output);

/// <summary>SME2 with streaming vectors of 128 bits, shorter than those of SVE.</summary>
public sealed class Sme128ParityTests(ITestOutputHelper output)
    : DeviceParityTests("max,sme-default-vector-length=16", 1300, output);

/// <summary>SME2 of 256 bits.</summary>
public sealed class Sme256ParityTests(ITestOutputHelper output)
    : DeviceParityTests("max,sme-default-vector-length=32", 1300, output);

/// <summary>SME2 of 512 bits, longer than SVE's 128.</summary>
public sealed class Sme512ParityTests(ITestOutputHelper output)
    : DeviceParityTests("max,sve-default-vector-length=16,sme-default-vector-length=64", 1300, output);

/// <summary>One class per processor, so that they run side by side; together they are the list.</summary>
public sealed class EmulatedCpuListTests
{
    [Fact]
    public void Every_emulated_processor_of_the_list_has_its_tests()
    {
        IEnumerable<string> tested = typeof(DeviceParityTests).Assembly.GetTypes()
            .Where(type => type.IsSubclassOf(typeof(DeviceParityTests)))
            .Select(type => ((DeviceParityTests)Activator.CreateInstance(type, new object?[] { null })!).Cpu);
        Assert.Equal(EmulatedCpu.List().Order(), tested.Order());
    }
}
