// SPDX-License-Identifier: Apache-2.0
using System.Runtime.Intrinsics;

namespace KleidiSharp;

/// <summary>
/// 32 values of k of a panel of 32 columns, in the order of one of the N32K4 layouts, times a row of activations. Sums
/// are exact in any order.
/// </summary>
internal unsafe interface ICodeBlock
{
    /// <summary>Bytes of a block.</summary>
    static abstract int Bytes { get; }

    /// <summary>What the products take for a code is its value plus this.</summary>
    static abstract int Offset { get; }

    /// <summary>Arranges 32 codes of activations as <see cref="CodeBlocks.WordsPerBlock"/> pairs of 16 bits.</summary>
    static abstract void Spread(sbyte* codes, int* words);

    /// <summary>The sums of 8 columns, 4 packed bytes of a column in a 32-bit lane.</summary>
    static abstract Vector256<int> Sum(byte* packed, int* words);
}

/// <summary>What the blocks of all codes share.</summary>
internal static unsafe class CodeBlocks
{
    public const int Columns = 32;

    /// <summary>Bytes of the codes of 4 bytes of each column.</summary>
    public const int Run = 4 * Columns;

    public const int WordsPerBlock = 16;

    public static int Pair(sbyte low, sbyte high) => (low & 0xFFFF) | (high << 16);

    public static Vector256<int> AddPairs(Vector256<short> sums)
    {
        Vector256<int> pairs = sums.AsInt32();
        return ((pairs << 16) >> 16) + (pairs >> 16);
    }

    /// <summary>The sums of a group over all columns of a panel.</summary>
    /// <param name="codes">The codes of the group.</param>
    /// <param name="values">Values of k in the group; a multiple of 32.</param>
    /// <param name="words">The activations of the group, spread.</param>
    /// <param name="sumOfActivations">The sum of the activations of the group.</param>
    /// <param name="sums">Receives 32 sums.</param>
    public static void Sum<TBlock>(byte* codes, int values, int* words, int sumOfActivations, int* sums)
        where TBlock : struct, ICodeBlock
    {
        Vector256<int> sum0 = Vector256.Create(-TBlock.Offset * sumOfActivations), sum1 = sum0, sum2 = sum0, sum3 = sum0;
        for (int k = 0; k < values; k += 32)
        {
            sum0 += TBlock.Sum(codes, words);
            sum1 += TBlock.Sum(codes + 32, words);
            sum2 += TBlock.Sum(codes + 64, words);
            sum3 += TBlock.Sum(codes + 96, words);
            codes += TBlock.Bytes;
            words += WordsPerBlock;
        }

        sum0.Store(sums);
        sum1.Store(sums + 8);
        sum2.Store(sums + 16);
        sum3.Store(sums + 24);
    }
}

/// <summary>
/// int4: a byte holds a value of the first half of the 32 in its low nibble, one of the second in its high nibble.
/// Sixteen products of a code 0..15 and an int8 stay below 2^15, so that they are added up in 16-bit lanes.
/// </summary>
internal readonly unsafe struct Int4Block : ICodeBlock
{
    public static int Bytes => 16 * CodeBlocks.Columns;

    public static int Offset => 8;

    public static void Spread(sbyte* codes, int* words)
    {
        for (int t = 0; t < 16; t += 4)
        {
            sbyte* low = codes + t;
            sbyte* high = low + 16;
            words[t] = CodeBlocks.Pair(low[0], low[2]);
            words[t + 1] = CodeBlocks.Pair(high[0], high[2]);
            words[t + 2] = CodeBlocks.Pair(low[1], low[3]);
            words[t + 3] = CodeBlocks.Pair(high[1], high[3]);
        }
    }

    public static Vector256<int> Sum(byte* packed, int* words)
    {
        Vector256<ushort> nibble = Vector256.Create((ushort)0xF);
        Vector256<short> sum = Vector256<short>.Zero;
        for (int t = 0; t < 16; t += 4)
        {
            Vector256<ushort> bytes = Vector256.Load(packed).AsUInt16();
            sum += (bytes & nibble).AsInt16() * Vector256.Create(words[t]).AsInt16();
            sum += ((bytes >>> 4) & nibble).AsInt16() * Vector256.Create(words[t + 1]).AsInt16();
            sum += ((bytes >>> 8) & nibble).AsInt16() * Vector256.Create(words[t + 2]).AsInt16();
            sum += (bytes >>> 12).AsInt16() * Vector256.Create(words[t + 3]).AsInt16();
            packed += CodeBlocks.Run;
        }

        return CodeBlocks.AddPairs(sum);
    }
}

/// <summary>int8: four neighbours along k together. A product fits 16 bits, a sum of two may not.</summary>
internal readonly unsafe struct Int8Block : ICodeBlock
{
    public static int Bytes => 32 * CodeBlocks.Columns;

    public static int Offset => 0;

    public static void Spread(sbyte* codes, int* words)
    {
        for (int t = 0; t < 16; t += 2)
        {
            sbyte* four = codes + (2 * t);
            words[t] = CodeBlocks.Pair(four[0], four[2]);
            words[t + 1] = CodeBlocks.Pair(four[1], four[3]);
        }
    }

    public static Vector256<int> Sum(byte* packed, int* words)
    {
        Vector256<int> sum = Vector256<int>.Zero;
        for (int t = 0; t < 16; t += 2)
        {
            Vector256<short> bytes = Vector256.Load(packed).AsInt16();
            sum += CodeBlocks.AddPairs(((bytes << 8) >> 8) * Vector256.Create(words[t]).AsInt16());
            sum += CodeBlocks.AddPairs((bytes >> 8) * Vector256.Create(words[t + 1]).AsInt16());
            packed += CodeBlocks.Run;
        }

        return sum;
    }
}

/// <summary>int2: byte b of four holds the values b, b + 4, b + 8 and b + 12 of 16, from the low bits on.</summary>
internal readonly unsafe struct Int2Block : ICodeBlock
{
    public static int Bytes => 8 * CodeBlocks.Columns;

    public static int Offset => 2;

    public static void Spread(sbyte* codes, int* words)
    {
        for (int t = 0; t < 16; t++)
        {
            sbyte* four = codes + (t / 8 * 16) + (t % 4 * 4) + (t / 4 % 2);
            words[t] = CodeBlocks.Pair(four[0], four[2]);
        }
    }

    public static Vector256<int> Sum(byte* packed, int* words)
    {
        Vector256<ushort> mask = Vector256.Create((ushort)3);
        Vector256<short> sum = Vector256<short>.Zero;
        for (int t = 0; t < 16; t += 8)
        {
            Vector256<ushort> bytes = Vector256.Load(packed).AsUInt16();
            for (int i = 0; i < 8; i++)
            {
                sum += ((bytes >>> (2 * i)) & mask).AsInt16() * Vector256.Create(words[t + i]).AsInt16();
            }

            packed += CodeBlocks.Run;
        }

        return CodeBlocks.AddPairs(sum);
    }
}
