// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp.KernelTests;

/// <summary>The kernels of a device, whose program puts every buffer before a guard page.</summary>
internal sealed class DeviceHost(KernelDevice device, string name) : KernelHost
{
    public override string Name => name;

    public override IReadOnlyList<KernelInfo> Kernels => device.Kernels;

    public override (byte[] Codes, float[] Scales) QuantizeInt4(DrawnCase drawn)
    {
        var codes = new byte[drawn.Weights.Length / 2];
        var scales = new ushort[drawn.Weights.Length / drawn.Format.GroupSize];
        device.QuantizeInt4(drawn.Weights, drawn.N, drawn.K, drawn.Format.GroupSize, codes, scales);
        return (codes, Array.ConvertAll(scales, BFloat16.ToSingle));
    }

    public override byte[] Pack(DrawnCase drawn, QuantizedWeights? quantized, WeightLayout layout) =>
        device.Pack(new PackedShape(drawn.Format, layout, drawn.N, drawn.K), PackSources.Of(drawn, quantized));

    public override float[] MatMul(DrawnCase drawn, byte[] blob, KernelInfo kernel)
    {
        var y = new float[drawn.M * drawn.N];
        long id = device.Load(blob);
        try
        {
            int used = device.MatMul(id, kernel.Index, KernelTiers.None, drawn.Threads, drawn.Clamp, drawn.M, drawn.DenseX(), y);
            Assert.Equal(kernel.Index, used);
        }
        finally
        {
            device.Free(id);
        }

        return y;
    }

    public override void Dispose() => device.Dispose();
}
