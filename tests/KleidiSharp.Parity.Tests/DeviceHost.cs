// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp.KernelTests;

/// <summary>The kernels of a device, whose program puts every buffer before a guard page.</summary>
internal sealed class DeviceHost(KernelDevice device, string name) : KernelHost
{
    public override string Name => name;

    public override IReadOnlyList<KernelInfo> Kernels => device.Kernels;

    public override unsafe QuantizedWeights Quantize(DrawnCase drawn)
    {
        using var logical = new LogicalWeights(drawn.Format, drawn.N, drawn.K);
        fixed (float* weights = drawn.Weights)
        {
            device.Quantize(weights, drawn.N, drawn.K, drawn.Format, logical.Memory);
        }

        return logical.ToQuantized(drawn.Format, drawn.N, drawn.K);
    }

    public override byte[] Pack(DrawnCase drawn, QuantizedWeights weights, KernelInfo kernel) => PackSources.Use(
        weights,
        drawn.Bias,
        source => device.Pack(new PackedShape(drawn.Format, kernel.Layout, drawn.N, drawn.K, kernel.VectorBytes), source));

    public override unsafe byte[] MatMul(DrawnCase drawn, byte[] blob, KernelInfo kernel)
    {
        var y = new byte[drawn.M * drawn.N * drawn.YFormat.ElementSize];
        var arguments = new MatMulArguments
        {
            Rows = drawn.M,
            X = null,
            XCount = 0,
            XStride = drawn.K,
            XFormat = drawn.XFormat,
            Y = null,
            YCount = 0,
            YStride = drawn.N,
            YFormat = drawn.YFormat,
            Clamp = drawn.Clamp,
            DisabledTiers = KernelTiers.None,
            Kernel = kernel.Index,
        };
        long id = device.Load(blob);
        try
        {
            int used = device.MatMul(
                id, arguments, drawn.Threads, drawn.TypedDenseX(), y);
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
