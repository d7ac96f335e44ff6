// SPDX-License-Identifier: Apache-2.0
using System.Runtime.Intrinsics;

namespace KleidiSharp;

/// <summary>
/// The inner loops of the managed path, for the layouts of this library's own kernels. The order of floating-point
/// operations is that of <see cref="ReferenceKernels"/>; integer sums are exact in any order.
/// </summary>
internal static unsafe class ManagedKernels
{
    /// <summary>Columns of a panel of <see cref="WeightLayout.Float32N16"/>.</summary>
    public const int Float32Columns = 16;

    /// <summary>Columns of a panel of <see cref="WeightLayout.Int4N32K4"/>.</summary>
    public const int Int4Columns = 32;

    /// <summary>32-bit words that <see cref="SpreadActivations"/> makes of a block of 32 values.</summary>
    public const int WordsPerBlock = 16;

    /// <summary>One row of x by one panel: the sums before they are cut to the range.</summary>
    public static void Float32Row(float* panel, int k, float* x, float* sums)
    {
        Vector256<float> low = Vector256.Load(panel);
        Vector256<float> high = Vector256.Load(panel + 8);
        for (int i = 0; i < k; i++)
        {
            panel += Float32Columns;
            Vector256<float> value = Vector256.Create(x[i]);
            low = Vector256.FusedMultiplyAdd(value, Vector256.Load(panel), low);
            high = Vector256.FusedMultiplyAdd(value, Vector256.Load(panel + 8), high);
        }

        low.Store(sums);
        high.Store(sums + 8);
    }

    /// <summary>Four rows of x by one panel, so that each weight is read once; sums are [4][16].</summary>
    public static void Float32FourRows(float* panel, int k, float* x, long xStride, float* sums)
    {
        float* x1 = x + xStride;
        float* x2 = x1 + xStride;
        float* x3 = x2 + xStride;
        Vector256<float> low0 = Vector256.Load(panel), low1 = low0, low2 = low0, low3 = low0;
        Vector256<float> high0 = Vector256.Load(panel + 8), high1 = high0, high2 = high0, high3 = high0;
        for (int i = 0; i < k; i++)
        {
            panel += Float32Columns;
            Vector256<float> low = Vector256.Load(panel);
            Vector256<float> high = Vector256.Load(panel + 8);
            Vector256<float> value = Vector256.Create(x[i]);
            low0 = Vector256.FusedMultiplyAdd(value, low, low0);
            high0 = Vector256.FusedMultiplyAdd(value, high, high0);
            value = Vector256.Create(x1[i]);
            low1 = Vector256.FusedMultiplyAdd(value, low, low1);
            high1 = Vector256.FusedMultiplyAdd(value, high, high1);
            value = Vector256.Create(x2[i]);
            low2 = Vector256.FusedMultiplyAdd(value, low, low2);
            high2 = Vector256.FusedMultiplyAdd(value, high, high2);
            value = Vector256.Create(x3[i]);
            low3 = Vector256.FusedMultiplyAdd(value, low, low3);
            high3 = Vector256.FusedMultiplyAdd(value, high, high3);
        }

        low0.Store(sums);
        high0.Store(sums + 8);
        low1.Store(sums + 16);
        high1.Store(sums + 24);
        low2.Store(sums + 32);
        high2.Store(sums + 40);
        low3.Store(sums + 48);
        high3.Store(sums + 56);
    }

    /// <summary>
    /// Arranges the codes of a row for <see cref="Int4Row"/>: for each 32 values and each t in 0..3, four words of two
    /// 16-bit codes, for the bytes 0 and 2, then 1 and 3, of four packed weights: low nibbles, high nibbles, low, high.
    /// </summary>
    public static void SpreadActivations(sbyte* codes, int k, int* words)
    {
        for (int block = 0; block < k; block += 32)
        {
            for (int t = 0; t < 4; t++)
            {
                sbyte* low = codes + block + (4 * t);
                sbyte* high = low + 16;
                words[0] = Pair(low[0], low[2]);
                words[1] = Pair(high[0], high[2]);
                words[2] = Pair(low[1], low[3]);
                words[3] = Pair(high[1], high[3]);
                words += 4;
            }
        }

        static int Pair(sbyte even, sbyte odd) => (even & 0xFFFF) | (odd << 16);
    }

    /// <summary>
    /// One row of activations by one panel: the sums over groups. Sixteen products of a code 0..15 and an int8 stay
    /// below 2^15, so that a block of 32 is added up in 16-bit lanes; 8 times the sum of the activations comes off a
    /// group.
    /// </summary>
    /// <param name="panel">The panel.</param>
    /// <param name="k">Input features.</param>
    /// <param name="groupSize">Values along k that share a scale.</param>
    /// <param name="words">The activations, as <see cref="SpreadActivations"/> arranges them.</param>
    /// <param name="offsets">8 times the sum of the activations of each group.</param>
    /// <param name="sums">Receives 32 sums.</param>
    public static void Int4Row(byte* panel, int k, int groupSize, int* words, int* offsets, float* sums)
    {
        Vector256<float> acc0 = Vector256<float>.Zero, acc1 = acc0, acc2 = acc0, acc3 = acc0;
        for (int group = 0; group < k / groupSize; group++)
        {
            Vector256<int> offset = Vector256.Create(-offsets[group]);
            Vector256<int> sum0 = offset, sum1 = offset, sum2 = offset, sum3 = offset;
            for (int block = 0; block < groupSize; block += 32)
            {
                sum0 += Int4Block(panel, words);
                sum1 += Int4Block(panel + 32, words);
                sum2 += Int4Block(panel + 64, words);
                sum3 += Int4Block(panel + 96, words);
                panel += 16 * Int4Columns;
                words += WordsPerBlock;
            }

            ushort* scales = (ushort*)panel;
            acc0 = AddGroup(acc0, sum0, scales);
            acc1 = AddGroup(acc1, sum1, scales + 8);
            acc2 = AddGroup(acc2, sum2, scales + 16);
            acc3 = AddGroup(acc3, sum3, scales + 24);
            panel += 2 * Int4Columns;
        }

        acc0.Store(sums);
        acc1.Store(sums + 8);
        acc2.Store(sums + 16);
        acc3.Store(sums + 24);
    }

    // 32 values of k for 8 columns, 4 packed bytes of a column in a 32-bit lane.
    private static Vector256<int> Int4Block(byte* packed, int* words)
    {
        Vector256<ushort> nibble = Vector256.Create((ushort)0xF);
        Vector256<short> sum = Vector256<short>.Zero;
        for (int t = 0; t < 4; t++)
        {
            Vector256<ushort> bytes = Vector256.Load(packed + (t * 4 * Int4Columns)).AsUInt16();
            sum += (bytes & nibble).AsInt16() * Vector256.Create(words[0]).AsInt16();
            sum += ((bytes >>> 4) & nibble).AsInt16() * Vector256.Create(words[1]).AsInt16();
            sum += ((bytes >>> 8) & nibble).AsInt16() * Vector256.Create(words[2]).AsInt16();
            sum += (bytes >>> 12).AsInt16() * Vector256.Create(words[3]).AsInt16();
            words += 4;
        }

        Vector256<int> pairs = sum.AsInt32();
        return ((pairs << 16) >> 16) + (pairs >> 16);
    }

    private static Vector256<float> AddGroup(Vector256<float> acc, Vector256<int> sum, ushort* scales)
    {
        (Vector128<uint> low, Vector128<uint> high) = Vector128.Widen(Vector128.Load(scales));
        Vector256<float> scale = (Vector256.Create(low, high) << 16).AsSingle();
        return Vector256.FusedMultiplyAdd(Vector256.ConvertToSingle(sum), scale, acc);
    }
}
