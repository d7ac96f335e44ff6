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
    public static void RoundTrip(Weights weights, ks_layout layout)
    {
        using AlignedBuffer blob = weights.Pack(layout);
        var info = new ks_packed_info { struct_size = (uint)sizeof(ks_packed_info) };
        Check.Ok(ks_packed_describe(blob.Pointer, blob.Size, 1, &info));
        Check.True(info.n == weights.N && info.k == weights.K && info.group == weights.Group, "n, k or group of the blob");
        Check.True(info.layout == (int)layout && info.format == (int)weights.Format, "layout or format of the blob");
        Check.True(info.has_bias == 1, "the bias is not seen");

        var floats = new float[weights.Floats.Length];
        var bias = new float[weights.Bias.Length];
        var codes = new byte[weights.Codes.Length];
        var scales = new ushort[weights.Scales.Length];
        bool int4 = codes.Length > 0;
        fixed (float* floatsPointer = floats, biasPointer = bias)
        fixed (byte* codesPointer = codes)
        fixed (ushort* scalesPointer = scales)
        {
            var args = new ks_unpack_args
            {
                struct_size = (uint)sizeof(ks_unpack_args),
                packed = blob.Pointer,
                packed_size = blob.Size,
                weights = int4 ? codesPointer : (void*)floatsPointer,
                weights_size = (ulong)(int4 ? codes.Length : floats.Length * 4),
                scales = scalesPointer,
                scales_count = (ulong)scales.Length,
                bias = biasPointer,
                bias_count = (ulong)bias.Length,
            };
            Check.Ok(ks_unpack(&args));
        }

        Check.SameBits(weights.Bias, bias, "bias");
        Check.True(codes.SequenceEqual(weights.Codes) && scales.SequenceEqual(weights.Scales), "codes or scales");
        if (!int4)
        {
            Check.SameBits(weights.Floats, floats, "weights");
        }
    }

    /// <summary>A blob that is cut short, changed or not sealed is refused.</summary>
    public static void BadBlobs()
    {
        var weights = new Weights(ks_format.KS_FORMAT_F32, 20, 24, 0, seed: 1);
        using AlignedBuffer blob = weights.Pack(ks_layout.KS_LAYOUT_F32_N16);
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
            Check.Fails(ks_status.KS_ERROR_NOT_FINITE, "weights", ks_quantize_int4(&args));
            Check.True(args.bad_index == 37, $"bad_index is {args.bad_index}");
            args.group = 33;
            Check.Fails(ks_status.KS_ERROR_GROUP, "group", ks_quantize_int4(&args));
        }
    }
}
