// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp;

/// <summary>
/// How 32 codes of one column are spread over a panel: byte b of the column holds, from the low bits on, codes that are
/// <paramref name="Distance"/> apart; <paramref name="Run"/> bytes of a column stand together.
/// </summary>
internal readonly unsafe record struct CodeOrder(int Bits, int Distance, int Run)
{
    /// <summary>Codes that are spread at once.</summary>
    public const int Piece = 32;

    private int PerByte => 8 / Bits;

    /// <param name="codes">32 codes, a byte each.</param>
    /// <param name="packed">Where the first byte of the column stands.</param>
    /// <param name="columns">Columns of the panel.</param>
    /// <param name="flip">What codes are XORed with.</param>
    public void Pack(byte* codes, byte* packed, int columns, int flip)
    {
        for (int b = 0; b < Piece / PerByte; b++)
        {
            int bits = 0;
            for (int i = 0; i < PerByte; i++)
            {
                bits |= (codes[FirstCode(b) + (Distance * i)] ^ flip) << (Bits * i);
            }

            packed[Place(b, columns)] = (byte)bits;
        }
    }

    /// <summary>Undoes <see cref="Pack"/>.</summary>
    public void Unpack(byte* packed, byte* codes, int columns, int flip)
    {
        int mask = (1 << Bits) - 1;
        for (int b = 0; b < Piece / PerByte; b++)
        {
            int bits = packed[Place(b, columns)];
            for (int i = 0; i < PerByte; i++)
            {
                codes[FirstCode(b) + (Distance * i)] = (byte)(((bits >> (Bits * i)) & mask) ^ flip);
            }
        }
    }

    private int FirstCode(int b) => (b / Distance * Distance * PerByte) + (b % Distance);

    private int Place(int b, int columns) => (b / Run * Run * columns) + (b % Run);
}
