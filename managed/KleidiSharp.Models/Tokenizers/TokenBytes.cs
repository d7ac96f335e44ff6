// SPDX-License-Identifier: Apache-2.0
using System.Runtime.CompilerServices;
using System.Text;

namespace KleidiSharp.Models;

/// <summary>The bytes of every token of a vocabulary, one after the other: an array for each would take three times as much.</summary>
internal sealed class TokenBytes(int count)
{
    private readonly int[] ends = new int[count];
    private byte[] bytes = new byte[8 * count];
    private int added;

    /// <summary>The number of tokens.</summary>
    public int Count => ends.Length;

    /// <summary>The bytes of a token.</summary>
    public ReadOnlySpan<byte> this[int token] => bytes.AsSpan((token == 0 ? 0 : ends[token - 1])..ends[token]);

    /// <summary>Adds the next token.</summary>
    /// <param name="text">Becomes UTF-8.</param>
    /// <param name="mark">A character of the text that stands for a space; null for none.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Add(ReadOnlySpan<char> text, char? mark = null)
    {
        int start = Reserve(Encoding.UTF8.GetMaxByteCount(text.Length));
        int end = start;
        while (mark is { } space && text.IndexOf(space) is >= 0 and int at)
        {
            end += Encoding.UTF8.GetBytes(text[..at], bytes.AsSpan(end));
            bytes[end++] = (byte)' ';
            text = text[(at + 1)..];
        }

        ends[added++] = end + Encoding.UTF8.GetBytes(text, bytes.AsSpan(end));
    }

    /// <summary>Adds the next token, a single byte.</summary>
    public void Add(byte value)
    {
        int start = Reserve(1);
        bytes[start] = value;
        ends[added++] = start + 1;
    }

    private int Reserve(int size)
    {
        int start = added == 0 ? 0 : ends[added - 1];
        if (bytes.Length - start < size)
        {
            Array.Resize(ref bytes, checked(Math.Max(2 * bytes.Length, start + size)));
        }

        return start;
    }
}
