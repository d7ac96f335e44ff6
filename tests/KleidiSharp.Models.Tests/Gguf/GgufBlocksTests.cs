// SPDX-License-Identifier: Apache-2.0
using System.Runtime.InteropServices;

namespace KleidiSharp.Models.Tests;

/// <summary>Decoding, with and without whole vectors, against the definition of each type.</summary>
public class GgufBlocksTests
{
    [Fact]
    public void EveryHalf()
    {
        ushort[] bits = [.. Enumerable.Range(0, 1 << 16).Select(i => (ushort)i), 0x3C00, 0xFC00, 0x0001];
        Assert.Equal(
            bits.Select(one => Bits((float)BitConverter.UInt16BitsToHalf(one))),
            Decode(GgufTensorType.F16, MemoryMarshal.AsBytes(bits.AsSpan()), bits.Length));
    }

    // One that is not finite would leave the vectors out.
    [Fact]
    public void EveryFiniteHalf()
    {
        ushort[] bits = [.. Enumerable.Range(0, 1 << 16).Select(i => (ushort)i).Where(one => (one & 0x7C00) != 0x7C00), 0x3C00];
        Assert.Equal(
            bits.Select(one => Bits((float)BitConverter.UInt16BitsToHalf(one))),
            Decode(GgufTensorType.F16, MemoryMarshal.AsBytes(bits.AsSpan()), bits.Length));
    }

    [Fact]
    public void EveryBFloat16()
    {
        ushort[] bits = [.. Enumerable.Range(0, 1 << 16).Select(i => (ushort)i), 0x3F80, 0xFF80, 0x0001];
        Assert.Equal(
            bits.Select(one => Bits(BitConverter.UInt32BitsToSingle((uint)one << 16))),
            Decode(GgufTensorType.BF16, MemoryMarshal.AsBytes(bits.AsSpan()), bits.Length));
    }

    [Fact]
    public void BlocksOfQ8AndQ4()
    {
        var random = new Random(3);
        byte[] q8 = new byte[50 * 34];
        byte[] q4 = new byte[50 * 18];
        random.NextBytes(q8);
        random.NextBytes(q4);
        for (int block = 0; block < 50; block++)
        {
            q8[block * 34 + 1] &= 0xBB;
            q4[block * 18 + 1] &= 0xBB;
        }

        Assert.Equal(
            Enumerable.Range(0, 50 * 32).Select(i => Bits((sbyte)q8[i / 32 * 34 + 2 + i % 32] * Scale(q8, i / 32 * 34))),
            Decode(GgufTensorType.Q8_0, q8, 50 * 32));
        Assert.Equal(
            Enumerable.Range(0, 50 * 32).Select(i =>
                Bits(((q4[i / 32 * 18 + 2 + i % 16] >> (i % 32 / 16 * 4) & 15) - 8) * Scale(q4, i / 32 * 18))),
            Decode(GgufTensorType.Q4_0, q4, 50 * 32));

        static float Scale(byte[] blocks, int at) => (float)BitConverter.ToHalf(blocks, at);
    }

    // Signs of zeros count, what kind of NaN it is does not.
    private static int Bits(float value) => float.IsNaN(value) ? 0x7FC00000 : BitConverter.SingleToInt32Bits(value);

    private static int[] Decode(GgufTensorType type, ReadOnlySpan<byte> blocks, int count)
    {
        var values = new float[count];
        GgufBlocks.Decode(type, blocks, values);
        return Array.ConvertAll(values, Bits);
    }
}
