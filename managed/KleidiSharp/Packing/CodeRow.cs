// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp;

/// <summary>The codes of a row as <see cref="WeightKind"/> says they come in.</summary>
internal static unsafe class CodeRow
{
    /// <summary>Reads 32 codes from k on, a byte each; what is past the end of the row has value 0.</summary>
    public static void Read(FormatTraits format, byte* row, int k, int end, byte* codes)
    {
        if (format.Kind == WeightKind.Q4_0)
        {
            byte* nibbles = BlockOf(row, k) + sizeof(ushort);
            for (int i = 0; i < 16; i++)
            {
                codes[i] = (byte)(nibbles[i] & 15);
                codes[i + 16] = (byte)(nibbles[i] >> 4);
            }

            return;
        }

        int perByte = 8 / format.Bits;
        int mask = (1 << format.Bits) - 1;
        for (int i = 0; i < CodeOrder.Piece; i++)
        {
            codes[i] = k + i < end
                ? (byte)((row[(k + i) / perByte] >> ((k + i) % perByte * format.Bits)) & mask)
                : (byte)format.ZeroCode;
        }
    }

    /// <summary>Writes 32 codes from k on, or as many as the row has.</summary>
    public static void Write(FormatTraits format, byte* codes, int k, int end, byte* row)
    {
        if (format.Kind == WeightKind.Q4_0)
        {
            byte* nibbles = BlockOf(row, k) + sizeof(ushort);
            for (int i = 0; i < 16; i++)
            {
                nibbles[i] = (byte)(codes[i] | (codes[i + 16] << 4));
            }

            return;
        }

        int perByte = 8 / format.Bits;
        int count = Math.Min(CodeOrder.Piece, end - k);
        for (int i = 0; i < count; i += perByte)
        {
            int bits = 0;
            for (int j = 0; j < perByte && i + j < count; j++)
            {
                bits |= codes[i + j] << (j * format.Bits);
            }

            row[(k + i) / perByte] = (byte)bits;
        }
    }

    /// <summary>What a code stands for.</summary>
    public static int Value(FormatTraits format, int code) => format.Bits == 8 ? (sbyte)code : code - format.ZeroCode;

    /// <summary>The block of Q4_0 that a value of a row is in.</summary>
    public static byte* BlockOf(byte* row, int k) => row + (k / FormatTraits.Q4BlockValues * (long)FormatTraits.Q4BlockBytes);
}
