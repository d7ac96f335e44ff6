// SPDX-License-Identifier: Apache-2.0
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;
using KleidiSharp.Tool.Bench;

namespace KleidiSharp.Tool.Tests;

public class PeakProbeTests
{
    [Fact]
    public void There_are_probes_wherever_there_are_kernels_with_vectors()
    {
        Assert.Equal(Avx2.IsSupported || Dp.IsSupported, PeakProbe.Int8(1) is not null);
        Assert.Equal(Fma.IsSupported || AdvSimd.IsSupported, PeakProbe.Float32(1) is not null);
    }

    [Fact]
    public void Rates_are_those_of_vectors_kept_in_registers()
    {
        // Ten times what one scalar operation a cycle gives; a loop that goes through memory, or whose instructions
        // wait for each other, is slower. The best of many turns, as other programs may be running.
        if (PeakProbe.Int8(1) is PeakProbe int8)
        {
            Assert.InRange(Best(int8), 20e9, 1e13);
        }

        if (PeakProbe.Float32(1) is PeakProbe f32)
        {
            Assert.InRange(Best(f32), 5e9, 1e13);
        }

        static double Best(PeakProbe probe) => Enumerable.Range(0, 20).Max(_ => probe.Measure());
    }
}
