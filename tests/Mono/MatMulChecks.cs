// SPDX-License-Identifier: Apache-2.0
using System;
using System.Linq;
using KleidiSharp.Interop;
using static KleidiSharp.Interop.NativeMethods;

namespace KleidiSharp.Mono.Tests;

/// <summary>Every kernel of this machine against the scalar arithmetic, bit by bit.</summary>
internal static unsafe class MatMulChecks
{
    private static readonly float Infinity = float.PositiveInfinity;

    /// <summary>One kernel of the table, for several numbers of rows, with and without clamping.</summary>
    public static void Kernel(int index)
    {
        ks_kernel_info kernel = LibraryChecks.Kernel(index);
        var format = new Format((ks_format)kernel.format);
        foreach ((int n, int k, int group) in new[] { (40, 128, 32), (37, 192, 64), (64, 32, 32), (40, 43, 0), (1, 1, 0) })
        {
            if (n < kernel.min_columns || (group == 0 && !format.TakesAnyK))
            {
                continue;
            }

            var weights = new Weights(format.Id, n, k, group, seed: n + k);
            using AlignedBuffer blob = weights.Pack((ks_layout)kernel.layout, kernel.vector_bytes);
            foreach (int m in new[] { 1, 2, 5, 8, 17 })
            {
                if (m < kernel.min_rows || m > kernel.max_rows)
                {
                    continue;
                }

                float[] x = Activations(new Random(m), m, k);
                foreach ((float lo, float hi) in new[] { (-Infinity, Infinity), (0f, 0.75f) })
                {
                    float[] y = Run(weights, blob, x, m, lo, hi, index, team: null, out int used);
                    Check.True(used == index, $"kernel {used} ran instead");
                    Check.SameBits(Expected.MatMul(weights, x, m, lo, hi), y, $"m {m}, n {n}, k {k}, group {group}, clamp {lo}..{hi}");
                }
            }
        }
    }

    /// <summary>A row that is not finite gives NaN and leaves the others alone.</summary>
    public static void NotFiniteRow(ks_format format)
    {
        var weights = new Weights(format, 24, 64, 32, seed: 5);
        using AlignedBuffer blob = PackForHere(weights);
        float[] x = Weights.Draw(new Random(6), 3 * weights.K);
        x[weights.K + 7] = float.PositiveInfinity;
        float[] y = Run(weights, blob, x, 3, -1, 1, -1, team: null, out _);
        Check.SameBits(Expected.MatMul(weights, x, 3, -1, 1), y, "a row with an infinity");
    }

    /// <summary>16-bit floats in and out: f16 becomes bf16, rounded once.</summary>
    public static void SixteenBits(ks_format format)
    {
        const int M = 3;
        var weights = new Weights(format, 24, 64, 32, seed: 8);
        using AlignedBuffer blob = PackForHere(weights);
        ushort[] x = Array.ConvertAll(Weights.Draw(new Random(9), M * weights.K), Scalar.ToHalf);
        var y = new ushort[M * weights.N];
        fixed (ushort* xPointer = x, yPointer = y)
        {
            ks_matmul_args args = Arguments(weights, blob, xPointer, x.Length, yPointer, y.Length, M);
            args.x_type = (int)ks_type.KS_TYPE_F16;
            args.y_type = (int)ks_type.KS_TYPE_BF16;
            Multiply(&args);
        }

        float[] expected = Expected.MatMul(weights, Array.ConvertAll(x, Scalar.FromHalf), M, -Infinity, Infinity);
        Check.True(y.SequenceEqual(Array.ConvertAll(expected, Scalar.ToBFloat16)), "bf16 results");
    }

    /// <summary>Calibrated int8 in and out.</summary>
    public static void StaticInt8(ks_format format)
    {
        const int M = 3, XZero = -9, YZero = 4;
        const float XScale = 0.0123f, YScale = 0.21f;
        var weights = new Weights(format, 24, 64, 32, seed: 10);
        using AlignedBuffer blob = PackForHere(weights);
        var x = new sbyte[M * weights.K];
        new Random(11).NextBytes((byte[])(Array)x);
        var y = new sbyte[M * weights.N];
        fixed (sbyte* xPointer = x, yPointer = y)
        {
            ks_matmul_args args = Arguments(weights, blob, xPointer, x.Length, yPointer, y.Length, M);
            args.x_type = args.y_type = (int)ks_type.KS_TYPE_INT8;
            (args.x_scale, args.x_zero_point, args.y_scale, args.y_zero_point) = (XScale, XZero, YScale, YZero);
            Multiply(&args);
        }

        float[] whole = Array.ConvertAll(x, code => (float)(code - XZero));
        float[] expected = Expected.MatMul(weights, whole, M, -Infinity, Infinity, XScale, XZero);
        float steps = Scalar.Div(1, YScale);
        Check.True(y.SequenceEqual(Array.ConvertAll(expected, value => Scalar.ToCode(Scalar.Mul(value, steps), YZero))), "int8 results");
    }

    public static void BadArguments()
    {
        var weights = new Weights(ks_format.KS_FORMAT_F32, 8, 8, 0, seed: 7);
        using AlignedBuffer blob = weights.Pack(ks_layout.KS_LAYOUT_F32_N16, 0);
        fixed (float* x = new float[8], y = new float[8])
        {
            ks_matmul_args args = Arguments(weights, blob, x, 8, y, 8, m: 1);
            args.x_count = 7;
            Check.Fails(ks_status.KS_ERROR_BUFFER_SIZE, "x", ks_matmul(&args));
            args.x_count = 8;
            ulong size;
            Check.Ok(ks_matmul_scratch_size(&args, &size));
            using var scratch = new AlignedBuffer(size);
            args.scratch = scratch.Pointer;
            args.scratch_size = size;
            args.y = x;
            Check.Fails(ks_status.KS_ERROR_OVERLAP, "y", ks_matmul(&args));
            args.y = y;
            args.clamp_min = 2;
            args.clamp_max = 1;
            Check.Fails(ks_status.KS_ERROR_VALUE, "clamp", ks_matmul(&args));
        }
    }

    /// <summary>Multiplies; -1 lets the library choose the kernel.</summary>
    public static float[] Run(
        Weights weights, AlignedBuffer blob, float[] x, int m, float lo, float hi, int kernel, ks_team* team, out int used)
    {
        var y = new float[m * weights.N];
        fixed (float* xPointer = x, yPointer = y)
        {
            ks_matmul_args args = Arguments(weights, blob, xPointer, x.Length, yPointer, y.Length, m);
            args.kernel = kernel;
            args.clamp_min = lo;
            args.clamp_max = hi;
            args.team = team;
            Multiply(&args);
            used = args.kernel_used;
        }

        return y;
    }

    /// <summary>Packs in the layout that the library wants for any number of rows.</summary>
    public static AlignedBuffer PackForHere(Weights weights)
    {
        var args = new ks_select_args
        {
            struct_size = (uint)sizeof(ks_select_args),
            format = (int)weights.Format.Id,
            group = weights.Group,
            n = weights.N,
            k = weights.K,
        };
        int index;
        Check.Ok(ks_select_kernel(&args, &index));
        ks_kernel_info kernel = LibraryChecks.Kernel(index);
        return weights.Pack((ks_layout)kernel.layout, kernel.vector_bytes);
    }

    private static void Multiply(ks_matmul_args* args)
    {
        ulong size;
        Check.Ok(ks_matmul_scratch_size(args, &size));
        using var scratch = new AlignedBuffer(size);
        args->scratch = scratch.Pointer;
        args->scratch_size = size;
        Check.Ok(ks_matmul(args));
    }

    // Rows in turn of even quarters, which quantise with a scale of 2 and so meet ties, and of any values; neither is
    // symmetric around 0, so that the zero point matters.
    private static float[] Activations(Random random, int m, int k)
    {
        float[] x = Weights.Draw(random, m * k);
        for (int i = 0; i < x.Length; i++)
        {
            x[i] = i / k % 2 == 1 ? x[i] + 0.75f : i % k == 0 ? -25f : i % k == 1 ? 102.5f : random.Next(-100, 410) / 4f;
        }

        return x;
    }

    private static ks_matmul_args Arguments(
        Weights weights, AlignedBuffer blob, void* x, int xCount, void* y, int yCount, int m) => new()
    {
        struct_size = (uint)sizeof(ks_matmul_args),
        kernel = -1,
        packed = blob.Pointer,
        packed_size = blob.Size,
        m = m,
        x = x,
        x_stride = weights.K,
        x_count = (ulong)xCount,
        y = y,
        y_stride = weights.N,
        y_count = (ulong)yCount,
        x_type = (int)ks_type.KS_TYPE_F32,
        y_type = (int)ks_type.KS_TYPE_F32,
        clamp_min = float.NegativeInfinity,
        clamp_max = float.PositiveInfinity,
    };
}
