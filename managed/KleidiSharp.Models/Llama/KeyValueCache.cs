// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp.Models;

/// <summary>
/// The keys and values of the tokens that a session has seen, for each block [position, head, value]. Grows by doubling, so
/// that a long context costs memory only when it is used.
/// </summary>
internal sealed class KeyValueCache(int blocks, int width, int contextLength)
{
    private const int SmallestCapacity = 64;

    private readonly float[][] keys = Empty(blocks);
    private readonly float[][] values = Empty(blocks);
    private int capacity;

    /// <summary>Makes room for positions 0 up to <paramref name="positions"/>.</summary>
    public void Reserve(int positions)
    {
        if (positions <= capacity)
        {
            return;
        }

        int larger = (int)Math.Min(contextLength, Math.Max(Math.Max(SmallestCapacity, 2L * capacity), positions));
        for (int block = 0; block < keys.Length; block++)
        {
            Array.Resize(ref keys[block], checked(larger * width));
            Array.Resize(ref values[block], checked(larger * width));
        }

        capacity = larger;
    }

    /// <summary>The keys of a block for a stretch of positions; a view that writes through.</summary>
    public Span<float> Keys(int block, int position, int count) => keys[block].AsSpan(position * width, count * width);

    /// <summary>The values of a block for a stretch of positions; a view that writes through.</summary>
    public Span<float> Values(int block, int position, int count) => values[block].AsSpan(position * width, count * width);

    private static float[][] Empty(int blocks)
    {
        var arrays = new float[blocks][];
        Array.Fill(arrays, []);
        return arrays;
    }
}
