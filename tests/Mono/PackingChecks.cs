// SPDX-License-Identifier: Apache-2.0
using System;
using System.Linq;
using KleidiSharp.Interop;
using static KleidiSharp.Interop.NativeMethods;

namespace KleidiSharp.Mono.Tests;

/// <summary>Packing, describing and unpacking; and what is said of bad input.</summary>
internal static unsafe class PackingChecks
{
    /// <summary>What is unpacked is what was packed, in every layout, used here or not.</summary>
    public static void RoundTrip(ks_layout layout)
    {
        const int SomeVector = 32;
        int vectorBytes = Check.Call(ks_panel_columns((int)layout, 0)) == 0 ? SomeVector : 0;
        var weights = new Weights(Format.Of(layout), 45, 192, 64, seed: 4);
        using AlignedBuffer blob = weights.Pack(layout, vectorBytes);
        var info = new ks_packed_info { struct_size = (uint)sizeof(ks_packed_info) };
        Check.Ok(ks_packed_describe(blob.Pointer, blob.Size, 1, &info));
        Check.True(info.n == weights.N && info.k == weights.K && info.group == weights.Group, "n, k or group of the blob");
        Check.True(info.layout == (int)layout && info.format == (int)weights.Format.Id, "layout or format of the blob");
        Check.True(info.vector_bytes == vectorBytes, "the vector length of the blob");
        Check.True(info.has_bias == 1, "the bias is not seen");

        var bias = new float[weights.Bias.Length];
        var zeros = new float[weights.Zeros.Length];
        var codes = new byte[weights.Codes.Length];
        var scales = new byte[weights.Scales.Length];
        fixed (float* biasPointer = bias, zerosPointer = zeros)
        fixed (byte* codesPointer = codes, scalesPointer = scales)
        {
            var args = new ks_unpack_args
            {
                struct_size = (uint)sizeof(ks_unpack_args),
                packed = blob.Pointer,
                packed_size = blob.Size,
                weights = codesPointer,
                weights_size = (ulong)codes.Length,
                scales = scalesPointer,
                scales_count = (ulong)(weights.N * weights.ScalesPerRow),
                zeros = zerosPointer,
                zeros_count = (ulong)zeros.Length,
                bias = biasPointer,
                bias_count = (ulong)bias.Length,
            };
            Check.Ok(ks_unpack(&args));
        }

        Check.SameBits(weights.Bias, bias, "bias");
        Check.SameBits(weights.Zeros, zeros, "zeros");
        Check.True(codes.SequenceEqual(weights.Codes) && scales.SequenceEqual(weights.Scales), "codes or scales");
    }

    /// <summary>A blob that is cut short, changed or not sealed is refused.</summary>
    public static void BadBlobs()
    {
        var weights = new Weights(ks_format.KS_FORMAT_F32, 20, 24, 0, seed: 1);
        using AlignedBuffer blob = weights.Pack(ks_layout.KS_LAYOUT_F32_N16, 0);
        var info = new ks_packed_info { struct_size = (uint)sizeof(ks_packed_info) };
        byte* bytes = (byte*)blob.Pointer;

        Check.Fails(ks_status.KS_ERROR_BLOB_TRUNCATED, "packed", ks_packed_describe(bytes, blob.Size - 64, 0, &info));
        Check.Fails(ks_status.KS_ERROR_ALIGNMENT, "packed", ks_packed_describe(bytes + 1, blob.Size - 1, 0, &info));
        bytes[KS_BLOB_HEADER_SIZE + 5] ^= 1;
        Check.Fails(ks_status.KS_ERROR_BLOB_CORRUPT, "checksum", ks_packed_describe(bytes, blob.Size, 1, &info));
        bytes[0] ^= 1;
        Check.Fails(ks_status.KS_ERROR_BLOB_MAGIC, "packed", ks_packed_describe(bytes, blob.Size, 0, &info));
    }

    /// <summary>Weights that are not finite are refused with their index.</summary>
    public static void NotFinite()
    {
        var floats = new float[2 * 32];
        floats[37] = float.NaN;
        var codes = new byte[32];
        var scales = new ushort[2];
        fixed (float* weights = floats)
        fixed (byte* codesPointer = codes)
        fixed (ushort* scalesPointer = scales)
        {
            var args = new ks_quantize_args
            {
                struct_size = (uint)sizeof(ks_quantize_args),
                format = (int)ks_format.KS_FORMAT_INT4_GROUP,
                group = 32,
                n = 2,
                k = 32,
                weights = weights,
                weights_stride = 32,
                codes = codesPointer,
                codes_size = 32,
                scales = scalesPointer,
                scales_count = 2,
            };
            Check.Fails(ks_status.KS_ERROR_NOT_FINITE, "weights", ks_quantize(&args));
            Check.True(args.bad_index == 37, $"bad_index is {args.bad_index}");
            args.group = 33;
            Check.Fails(ks_status.KS_ERROR_GROUP, "group", ks_quantize(&args));
        }
    }
}
