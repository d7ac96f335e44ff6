// SPDX-License-Identifier: Apache-2.0
using System;
using KleidiSharp.Interop;

namespace KleidiSharp.Mono.Tests;

/// <summary>A small weight matrix in its logical form, drawn from a seed, and quantised and packed by the library.</summary>
internal sealed unsafe class Weights
{
    public Weights(ks_format format, int n, int k, int groupValues, int seed)
    {
        Format = new Format(format);
        N = n;
        K = k;
        Group = Format.Group(groupValues);
        var random = new Random(seed);
        float[] floats = Draw(random, n * k);
        Bias = Draw(random, n);
        Codes = new byte[n * Format.RowBytes(k)];
        ScalesPerRow = Format.ScaleBytes == 0 ? 0 : Format.IsGrouped ? k / Group : 1;
        Scales = new byte[n * ScalesPerRow * Format.ScaleBytes];
        Zeros = new float[Format.HasZeros ? n * ScalesPerRow : 0];
        if (format == ks_format.KS_FORMAT_F32)
        {
            Buffer.BlockCopy(floats, 0, Codes, 0, Codes.Length);
        }
        else
        {
            Quantize(floats);
        }
    }

    public Format Format { get; }

    public int N { get; }

    public int K { get; }

    public int Group { get; }

    public int ScalesPerRow { get; }

    public float[] Bias { get; }

    /// <summary>Rows of codes, blocks or floats.</summary>
    public byte[] Codes { get; }

    /// <summary>The bytes of the scales.</summary>
    public byte[] Scales { get; }

    public float[] Zeros { get; }

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

    /// <summary>What the code at a place of a row stands for.</summary>
    public int Value(int row, int k)
    {
        int at = row * Format.RowBytes(K);
        if (Format.Id == ks_format.KS_FORMAT_Q4_0)
        {
            return ((Codes[at + (k / 32 * 18) + 2 + (k % 16)] >> (k % 32 / 16 * 4)) & 15) - 8;
        }

        int perByte = 8 / Format.Bits;
        int code = (Codes[at + (k / perByte)] >> (k % perByte * Format.Bits)) & ((1 << Format.Bits) - 1);
        return Format.Bits == 8 ? (sbyte)code : code - (1 << (Format.Bits - 1));
    }

    /// <summary>The float at a place of a row.</summary>
    public float Float(int row, int k)
    {
        int at = (row * Format.RowBytes(K)) + (k * Format.ElementBytes);
        return Format.Id switch
        {
            ks_format.KS_FORMAT_F32 => BitConverter.ToSingle(Codes, at),
            ks_format.KS_FORMAT_F16 => Scalar.FromHalf(BitConverter.ToUInt16(Codes, at)),
            _ => Scalar.FromBFloat16(BitConverter.ToUInt16(Codes, at)),
        };
    }

    /// <summary>The scale of a group of a row.</summary>
    public float Scale(int row, int group)
    {
        if (Format.Id == ks_format.KS_FORMAT_Q4_0)
        {
            return Scalar.FromHalf(BitConverter.ToUInt16(Codes, (row * Format.RowBytes(K)) + (group * 18)));
        }

        int at = ((row * ScalesPerRow) + group) * Format.ScaleBytes;
        return Format.ScaleBytes == 2
            ? Scalar.FromBFloat16(BitConverter.ToUInt16(Scales, at))
            : BitConverter.ToSingle(Scales, at);
    }

    /// <summary>The arguments that name these weights in a layout.</summary>
    public ks_shape Shape(ks_layout layout, int vectorBytes) => new()
    {
        struct_size = (uint)sizeof(ks_shape),
        format = (int)Format.Id,
        layout = (int)layout,
        group = Group,
        vector_bytes = vectorBytes,
        n = N,
        k = K,
    };

    /// <summary>Packs the matrix in two calls, where it has more than one panel, and seals it.</summary>
    public AlignedBuffer Pack(ks_layout layout, int vectorBytes)
    {
        ks_shape shape = Shape(layout, vectorBytes);
        ulong size;
        Check.Ok(NativeMethods.ks_packed_size(&shape, &size));
        var blob = new AlignedBuffer(size);
        int panel = Check.Call(NativeMethods.ks_panel_columns((int)layout, vectorBytes));
        PackRows(&shape, blob, 0, Math.Min(panel, N));
        if (panel < N)
        {
            PackRows(&shape, blob, panel, N);
        }

        Check.Ok(NativeMethods.ks_pack_seal(&shape, blob.Pointer, blob.Size));
        return blob;
    }

    private void PackRows(ks_shape* shape, AlignedBuffer blob, int begin, int end)
    {
        fixed (byte* codes = Codes, scales = Scales)
        fixed (float* zeros = Zeros, bias = Bias)
        {
            var args = new ks_pack_args
            {
                struct_size = (uint)sizeof(ks_pack_args),
                shape = shape,
                n_begin = begin,
                n_end = end,
                weights = codes,
                weights_stride_bytes = Format.RowBytes(K),
                scales = scales,
                scales_stride = ScalesPerRow,
                zeros = zeros,
                zeros_stride = Format.HasZeros ? ScalesPerRow : 0,
                bias = bias,
                packed = blob.Pointer,
                packed_size = blob.Size,
            };
            Check.Ok(NativeMethods.ks_pack(&args));
        }
    }

    private void Quantize(float[] values)
    {
        fixed (float* floats = values, zeros = Zeros)
        fixed (byte* codes = Codes, scales = Scales)
        {
            var args = new ks_quantize_args
            {
                struct_size = (uint)sizeof(ks_quantize_args),
                format = (int)Format.Id,
                group = Group,
                n = N,
                k = K,
                weights = floats,
                weights_stride = K,
                codes = codes,
                codes_size = (ulong)Codes.Length,
                scales = scales,
                scales_count = (ulong)(N * ScalesPerRow),
                zeros = zeros,
                zeros_count = (ulong)Zeros.Length,
            };
            Check.Ok(NativeMethods.ks_quantize(&args));
        }
    }
}
