// SPDX-License-Identifier: Apache-2.0
using System.Runtime.InteropServices;
using KleidiSharp.Interop;

namespace KleidiSharp.KernelTests;

/// <summary>The kernels of this process, through the C ABI, with every buffer between guard pages.</summary>
internal sealed unsafe class NativeHost : KernelHost
{
    private readonly byte* team;
    private readonly Thread worker;

    public NativeHost()
    {
        ulong size = NativeMethods.ks_team_size(1);
        team = (byte*)NativeMemory.AlignedAlloc((nuint)size, 64);
        Check(NativeMethods.ks_team_init(team, size, 1));
        nint address = (nint)team;
        worker = new Thread(() => _ = NativeMethods.ks_team_work((ks_team*)address)) { IsBackground = true };
        worker.Start();
    }

    public override string Name => RuntimeInformation.ProcessArchitecture.ToString().ToLowerInvariant();

    public override IReadOnlyList<KernelInfo> Kernels { get; } = KernelCatalog.All;

    public override QuantizedWeights Quantize(DrawnCase drawn)
    {
        FormatTraits traits = drawn.Format.Traits;
        int scalesPerRow = traits.ScalesPerRow(drawn.K, drawn.Format.GroupSize);
        using GuardedBuffer weights = GuardedBuffer.Of<float>(drawn.Weights);
        using var codes = new GuardedBuffer(drawn.N * traits.RowBytes(drawn.K), Math.Max(1, traits.ElementBytes));
        using var scales = new GuardedBuffer(drawn.N * (long)scalesPerRow * traits.ScaleBytes, Math.Max(1, traits.ScaleBytes));
        using var zeros = new GuardedBuffer(traits.HasZeros ? drawn.N * scalesPerRow * 4L : 0);
        var args = new ks_quantize_args
        {
            struct_size = (uint)sizeof(ks_quantize_args),
            format = (int)drawn.Format.Kind,
            group = drawn.Format.GroupSize,
            n = drawn.N,
            k = drawn.K,
            weights = (float*)weights.Address,
            weights_stride = drawn.K,
            codes = codes.Address,
            codes_size = (ulong)codes.Bytes,
            scales = scales.Bytes == 0 ? null : scales.Address,
            scales_count = (ulong)(drawn.N * scalesPerRow),
            zeros = zeros.Bytes == 0 ? null : (float*)zeros.Address,
            zeros_count = (ulong)zeros.Bytes / 4,
        };
        Check(NativeMethods.ks_quantize(&args));
        float[] scaleValues = traits.Scales == ScaleType.BFloat16
            ? Array.ConvertAll(scales.Span<ushort>().ToArray(), BFloat16.ToSingle)
            : scales.Span<float>().ToArray();
        return new QuantizedWeights(
            drawn.Format, drawn.N, drawn.K, codes.Span<byte>().ToArray(), scaleValues, zeros.Span<float>().ToArray());
    }

    public override byte[] Pack(DrawnCase drawn, QuantizedWeights weights, KernelInfo kernel)
    {
        FormatTraits traits = drawn.Format.Traits;
        int scalesPerRow = traits.ScalesPerRow(drawn.K, drawn.Format.GroupSize);
        var shape = new ks_shape
        {
            struct_size = (uint)sizeof(ks_shape),
            format = (int)drawn.Format.Kind,
            layout = (int)kernel.Layout,
            group = drawn.Format.GroupSize,
            vector_bytes = kernel.VectorBytes,
            n = drawn.N,
            k = drawn.K,
        };
        ulong size;
        Check(NativeMethods.ks_packed_size(&shape, &size));
        using GuardedBuffer codes = GuardedBuffer.Of(weights.Codes, Math.Max(1, traits.ElementBytes));
        using GuardedBuffer scales = GuardedBuffer.Of<byte>(weights.ExactScales(), Math.Max(1, traits.ScaleBytes));
        using GuardedBuffer zeros = GuardedBuffer.Of(weights.Zeros);
        using GuardedBuffer bias = GuardedBuffer.Of<float>(drawn.Bias);
        using var blob = new GuardedBuffer((long)size, 64);
        blob.Span<byte>().Fill(0xCD);
        var args = new ks_pack_args
        {
            struct_size = (uint)sizeof(ks_pack_args),
            shape = &shape,
            weights = codes.Address,
            weights_stride_bytes = traits.RowBytes(drawn.K),
            scales = scales.Bytes == 0 ? null : scales.Address,
            scales_stride = scalesPerRow,
            zeros = zeros.Bytes == 0 ? null : (float*)zeros.Address,
            zeros_stride = zeros.Bytes == 0 ? 0 : scalesPerRow,
            bias = drawn.Bias is null ? null : (float*)bias.Address,
            packed = blob.Address,
            packed_size = size,
        };

        // In two pieces, the last first: how a packing is split over n does not show in its bytes.
        int columns = NativeMethods.ks_panel_columns((int)kernel.Layout, kernel.VectorBytes);
        args.n_begin = drawn.N / 2 / columns * columns;
        args.n_end = drawn.N;
        Check(NativeMethods.ks_pack(&args));
        if (args.n_begin > 0)
        {
            (args.n_begin, args.n_end) = (0, args.n_begin);
            Check(NativeMethods.ks_pack(&args));
        }

        Check(NativeMethods.ks_pack_seal(&shape, blob.Address, size));
        return blob.Span<byte>().ToArray();
    }

    public override byte[] MatMul(DrawnCase drawn, byte[] blob, KernelInfo kernel)
    {
        int xElement = drawn.XFormat.ElementSize;
        int yElement = drawn.YFormat.ElementSize;
        using GuardedBuffer packed = GuardedBuffer.Of<byte>(blob, 64);
        using GuardedBuffer x = GuardedBuffer.Of<byte>(drawn.TypedX(), xElement);
        using var y = new GuardedBuffer((((drawn.M - 1L) * drawn.YStride) + drawn.N) * yElement, yElement);
        const byte Untouched = 0xA7;
        y.Span<byte>().Fill(Untouched);
        QuantParameters xCodes = drawn.XFormat.Quantization;
        QuantParameters yCodes = drawn.YFormat.Quantization;
        var args = new ks_matmul_args
        {
            struct_size = (uint)sizeof(ks_matmul_args),
            kernel = kernel.Index,
            packed = packed.Address,
            packed_size = (ulong)packed.Bytes,
            m = drawn.M,
            x = x.Address,
            x_stride = drawn.XStride,
            x_count = (ulong)drawn.X.Length,
            y = y.Address,
            y_stride = drawn.YStride,
            y_count = (ulong)(y.Bytes / yElement),
            x_type = (int)drawn.XFormat.Type,
            y_type = (int)drawn.YFormat.Type,
            x_scale = xCodes.Scale,
            x_zero_point = xCodes.ZeroPoint,
            y_scale = yCodes.Scale,
            y_zero_point = yCodes.ZeroPoint,
            clamp_min = drawn.Clamp.Minimum,
            clamp_max = drawn.Clamp.Maximum,
            team = drawn.Threads > 1 ? (ks_team*)team : null,
        };
        ulong scratchSize;
        Check(NativeMethods.ks_matmul_scratch_size(&args, &scratchSize));
        using var scratch = new GuardedBuffer((long)scratchSize, 64);
        scratch.Span<byte>().Fill(0xEE);
        args.scratch = scratch.Address;
        args.scratch_size = scratchSize;
        Check(NativeMethods.ks_matmul(&args));
        Assert.Equal(kernel.Index, args.kernel_used);

        int row = drawn.N * yElement;
        int stride = drawn.YStride * yElement;
        var result = new byte[drawn.M * row];
        for (int i = 0; i < drawn.M; i++)
        {
            Span<byte> from = y.Span<byte>()[(i * stride)..];
            from[..row].CopyTo(result.AsSpan(i * row));
            int gap = Math.Min(stride, from.Length) - row;
            Assert.True(from.Slice(row, gap).IndexOfAnyExcept(Untouched) < 0, $"the gap after row {i} of y was written");
        }

        return result;
    }

    public override void Dispose()
    {
        Check(NativeMethods.ks_team_stop((ks_team*)team));
        worker.Join();
        NativeMemory.AlignedFree(team);
    }

    private static void Check(int status) => Assert.True(
        status == (int)ks_status.KS_OK, $"{(ks_status)status}: {Marshal.PtrToStringUTF8((nint)NativeMethods.ks_last_error())}");
}
