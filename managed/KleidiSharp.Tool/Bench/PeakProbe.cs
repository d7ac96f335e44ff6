// SPDX-License-Identifier: Apache-2.0
using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace KleidiSharp.Tool.Bench;

/// <summary>
/// How many multiplications and additions the processor can do: one instruction over and over in registers, by every
/// thread at once. What a multiplication with many rows is limited by.
/// </summary>
internal sealed class PeakProbe
{
    // Enough that no instruction waits for the one before it in its chain, and few enough for 16 registers.
    private const int Chains = 14;

    // Some 0.1 ms: threads take blocks as they come, so that one that was interrupted does not keep the others waiting.
    private const int RoundsPerBlock = 20_000;
    private const int BlocksPerThread = 32;

    private readonly double operationsPerRound;
    private readonly Action<int> loop;
    private readonly ParallelOptions options;

    private PeakProbe(string instruction, int productsPerInstruction, Action<int> loop, int threads)
    {
        Instruction = instruction;
        operationsPerRound = 2.0 * productsPerInstruction * Chains;
        this.loop = loop;
        options = new ParallelOptions { MaxDegreeOfParallelism = threads };
    }

    /// <summary>The instruction and its width in bits.</summary>
    public string Instruction { get; }

    /// <summary>Products of 8-bit integers; null on a processor for which there is no loop here.</summary>
    public static PeakProbe? Int8(int threads) =>
        Avx512BW.IsSupported ? new(
            "vpmaddubsw, 512 bits", 64, n => Run<Vector512<byte>, Avx512MultiplyBytes>(n, Vector512.Create((byte)3)), threads)
        : Avx2.IsSupported ? new(
            "vpmaddubsw, 256 bits", 32, n => Run<Vector256<byte>, Avx2MultiplyBytes>(n, Vector256.Create((byte)3)), threads)
        : Dp.IsSupported ? new(
            "sdot, 128 bits", 16, n => Run<Vector128<int>, NeonDotProduct>(n, Vector128.Create(3)), threads)
        : null;

    /// <summary>Products of floats; null on a processor for which there is no loop here.</summary>
    public static PeakProbe? Float32(int threads) =>
        Avx512F.IsSupported ? new(
            "vfmadd231ps, 512 bits", 16, n => Run<Vector512<float>, Avx512MultiplyAdd>(n, Vector512.Create(1.5f)), threads)
        : Fma.IsSupported ? new(
            "vfmadd231ps, 256 bits", 8, n => Run<Vector256<float>, Avx2MultiplyAdd>(n, Vector256.Create(1.5f)), threads)
        : AdvSimd.IsSupported ? new(
            "fmla, 128 bits", 4, n => Run<Vector128<float>, NeonMultiplyAdd>(n, Vector128.Create(1.5f)), threads)
        : null;

    /// <summary>Runs for some milliseconds.</summary>
    /// <returns>Operations per second; a multiplication and an addition are two.</returns>
    public double Measure()
    {
        int blocks = BlocksPerThread * options.MaxDegreeOfParallelism;
        long start = Stopwatch.GetTimestamp();
        Parallel.For(0, blocks, options, _ => loop(RoundsPerBlock));
        return operationsPerRound * RoundsPerBlock * blocks / Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    // Not inlined, so that nothing is known of the factor; optimised from the first call on.
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static TVector Run<TVector, TInstruction>(int rounds, TVector factor)
        where TVector : struct
        where TInstruction : struct, IPeakInstruction<TVector>
    {
        TVector a = factor, b = factor, c = factor, d = factor, e = factor, f = factor, g = factor;
        TVector h = factor, i = factor, j = factor, k = factor, l = factor, m = factor, n = factor;
        for (int round = 0; round < rounds; round++)
        {
            a = TInstruction.Next(a, factor);
            b = TInstruction.Next(b, factor);
            c = TInstruction.Next(c, factor);
            d = TInstruction.Next(d, factor);
            e = TInstruction.Next(e, factor);
            f = TInstruction.Next(f, factor);
            g = TInstruction.Next(g, factor);
            h = TInstruction.Next(h, factor);
            i = TInstruction.Next(i, factor);
            j = TInstruction.Next(j, factor);
            k = TInstruction.Next(k, factor);
            l = TInstruction.Next(l, factor);
            m = TInstruction.Next(m, factor);
            n = TInstruction.Next(n, factor);
        }

        // One value that depends on all of them.
        a = TInstruction.Next(TInstruction.Next(TInstruction.Next(a, b), c), d);
        e = TInstruction.Next(TInstruction.Next(TInstruction.Next(e, f), g), h);
        i = TInstruction.Next(TInstruction.Next(TInstruction.Next(i, j), k), l);
        return TInstruction.Next(TInstruction.Next(TInstruction.Next(TInstruction.Next(a, e), i), m), n);
    }
}
