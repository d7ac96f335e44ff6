// SPDX-License-Identifier: Apache-2.0
using System;
using KleidiSharp.Interop;

namespace KleidiSharp.Mono.Tests;

/// <summary>A small weight matrix in its logical form, drawn from a seed, and packed by the library.</summary>
internal sealed unsafe class Weights
{
    public Weights(ks_format format, int n, int k, int group, int seed)
    {
        Format = format;
        N = n;
        K = k;
        Group = group;
        var random = new Random(seed);
        Floats = Draw(random, n * k);
        Bias = Draw(random, n);
        if (format == ks_format.KS_FORMAT_INT4_GROUP)
        {
            Codes = new byte[n * k / 2];
            Scales = new ushort[n * k / group];
            Quantize();
        }
    }

    public ks_format Format { get; }

    public int N { get; }

    public int K { get; }

    public int Group { get; }

    public float[] Floats { get; }

    public float[] Bias { get; }

    public byte[] Codes { get; } = [];

    public ushort[] Scales { get; } = [];

    /// <summary>Values between -1 and 1.</summary>
    public static float[] Draw(Random random, int count)
    {
        var values = new float[count];
        for (int i = 0; i < count; i++)
        {
            values[i] = (float)((random.NextDouble() * 2) - 1);
        }

        return values;
    }

    /// <summary>The arguments that name these weights in a layout.</summary>
    public ks_shape Shape(ks_layout layout) => new()
    {
        struct_size = (uint)sizeof(ks_shape),
        format = (int)Format,
        layout = (int)layout,
        group = Group,
        n = N,
        k = K,
    };

    /// <summary>Packs the matrix in two calls, where it has more than one panel, and seals it.</summary>
    public AlignedBuffer Pack(ks_layout layout)
    {
        ks_shape shape = Shape(layout);
        ulong size;
        Check.Ok(NativeMethods.ks_packed_size(&shape, &size));
        var blob = new AlignedBuffer(size);
        int panel = Check.Call(NativeMethods.ks_panel_columns((int)layout));
        PackRows(&shape, blob, 0, Math.Min(panel, N));
        if (panel < N)
        {
            PackRows(&shape, blob, panel, N);
        }

        Check.Ok(NativeMethods.ks_pack_seal(&shape, blob.Pointer, blob.Size));
        return blob;
    }

    /// <summary>What the library should compute.</summary>
    public float[] Expected(float[] x, int m, float lo, float hi) => Format == ks_format.KS_FORMAT_F32
        ? Scalar.MatMulF32(x, Floats, Bias, m, N, K, lo, hi)
        : Scalar.MatMulInt4(x, Codes, Scales, Bias, m, N, K, Group, lo, hi);

    private void PackRows(ks_shape* shape, AlignedBuffer blob, int begin, int end)
    {
        bool int4 = Format == ks_format.KS_FORMAT_INT4_GROUP;
        fixed (float* floats = Floats, bias = Bias)
        fixed (byte* codes = Codes)
        fixed (ushort* scales = Scales)
        {
            var args = new ks_pack_args
            {
                struct_size = (uint)sizeof(ks_pack_args),
                shape = shape,
                n_begin = begin,
                n_end = end,
                weights = int4 ? codes : (void*)floats,
                weights_stride_bytes = int4 ? K / 2 : K * 4,
                scales = scales,
                scales_stride = int4 ? K / Group : 0,
                bias = bias,
                packed = blob.Pointer,
                packed_size = blob.Size,
            };
            Check.Ok(NativeMethods.ks_pack(&args));
        }
    }

    private void Quantize()
    {
        fixed (float* floats = Floats)
        fixed (byte* codes = Codes)
        fixed (ushort* scales = Scales)
        {
            var args = new ks_quantize_args
            {
                struct_size = (uint)sizeof(ks_quantize_args),
                group = Group,
                n = N,
                k = K,
                weights = floats,
                weights_stride = K,
                codes = codes,
                codes_size = (ulong)Codes.Length,
                scales = scales,
                scales_count = (ulong)Scales.Length,
            };
            Check.Ok(NativeMethods.ks_quantize_int4(&args));
        }
    }
}
