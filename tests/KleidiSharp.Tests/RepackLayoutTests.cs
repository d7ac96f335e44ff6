// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp.Tests;

public class RepackLayoutTests
{
    [Fact]
    public void Every_layout_of_a_kernel_that_runs_here_can_be_packed_and_multiplies_alike()
    {
        float[] weights = [.. Enumerable.Range(0, 40 * 64).Select(i => MathF.Sin(i))];
        float[] x = [.. Enumerable.Range(0, 64).Select(i => MathF.Cos(i))];
        foreach (KernelInfo kernel in KernelCatalog.All.Where(kernel => kernel.IsUsable))
        {
            WeightFormat format = Formats.Of(kernel.Kind, 32);
            using PackedWeights packed = PackedWeights.Quantize(weights, 40, 64, format);
            using PackedWeights again = packed.Repack(layout: kernel.Layout);
            float[] expected = new float[40], actual = new float[40];
            packed.MatMul(x, expected, 1);
            again.MatMul(x, actual, 1);

            Assert.Equal(kernel.Layout, again.Layout);
            Parity.AssertSameBits(expected, actual);
        }
    }

    [Fact]
    public void A_layout_of_another_format_is_refused()
    {
        using PackedWeights int4 = PackedWeights.Quantize(new float[64], 2, 32, WeightFormat.Int4Group(32));
        using PackedWeights f32 = PackedWeights.Quantize(new float[64], 2, 32, WeightFormat.Float32);

        var first = Assert.Throws<ArgumentException>(() => int4.Repack(layout: WeightLayout.Float32N16));
        var second = Assert.Throws<ArgumentException>(() => f32.Repack(layout: WeightLayout.Int4N8K8));

        Assert.Contains("Float32N16", first.Message, StringComparison.Ordinal);
        Assert.Contains("Int4N8K8", second.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_layout_that_no_kernel_here_reads_is_refused()
    {
        using PackedWeights packed = PackedWeights.Quantize(new float[64], 2, 32, WeightFormat.Int4Group(32));
        WeightLayout[] unusable = [.. new[] { WeightLayout.Int4N32K4, WeightLayout.Int4N8K8, WeightLayout.Int4N8K16 }
            .Where(layout => !KernelCatalog.All.Any(kernel => kernel.IsUsable && kernel.Layout == layout))];

        Assert.All(
            unusable, layout => Assert.Throws<PlatformNotSupportedException>(() => packed.Repack(layout: layout)));
    }
}
