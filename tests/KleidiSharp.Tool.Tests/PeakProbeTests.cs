// SPDX-License-Identifier: Apache-2.0
using System.Globalization;
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

    [Theory]
    [InlineData(8)]
    [InlineData(32)]
    public void More_than_one_instruction_is_done_in_a_nanosecond(int bitsPerProduct)
    {
        // Instructions that wait for the one before them, or for memory, take at least three cycles each. The best of many
        // turns, as other programs may be running.
        if ((bitsPerProduct == 8 ? PeakProbe.Int8(1) : PeakProbe.Float32(1)) is PeakProbe probe)
        {
            string[] words = probe.Instruction.Split(' ');
            double products = int.Parse(words[^2], CultureInfo.InvariantCulture) / bitsPerProduct;
            Assert.InRange(Enumerable.Range(0, 50).Max(_ => probe.Measure()) / (2 * products), 1e9, 2e10);
        }
    }
}
