// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp.Models;

/// <summary>
/// The keys and values of the tokens that a session has seen, in pages of <see cref="AttentionMath.PagePositions"/>
/// positions that are made when they are needed and never move. In a page each key-value head of each block has its keys,
/// [value, position], and then its values, [position, value], where attention reads them one after the other.
/// </summary>
internal sealed class KeyValueCache(LlamaConfig config)
{
    private const int PagePositions = AttentionMath.PagePositions;

    private readonly List<AlignedFloats> pages = [];
    private readonly int keyFloats = config.HeadLength * PagePositions;
    private readonly int valueFloats = config.PaddedHeadLength * PagePositions;

    /// <summary>Makes room for positions 0 up to <paramref name="positions"/>.</summary>
    public void Reserve(int positions)
    {
        while ((long)pages.Count * PagePositions < positions)
        {
            pages.Add(new AlignedFloats(checked(config.BlockCount * config.KeyValueHeadCount * (keyFloats + valueFloats))));
        }
    }

    /// <summary>A page's keys of one head, [value, position].</summary>
    public Span<float> Keys(int page, int block, int head) => Head(page, block, head)[..keyFloats];

    /// <summary>A page's values of one head, [position, value], each padded to a multiple of 8.</summary>
    public Span<float> Values(int page, int block, int head) => Head(page, block, head)[keyFloats..];

    /// <summary>Stores what one head of a block has for a position.</summary>
    public void Store(int block, int head, int position, ReadOnlySpan<float> key, ReadOnlySpan<float> value)
    {
        (int page, int column) = Math.DivRem(position, PagePositions);
        Span<float> keys = Keys(page, block, head);
        for (int i = 0; i < key.Length; i++)
        {
            keys[i * PagePositions + column] = key[i];
        }

        value.CopyTo(Values(page, block, head)[(column * config.PaddedHeadLength)..]);
    }

    private Span<float> Head(int page, int block, int head) =>
        pages[page].Span.Slice((block * config.KeyValueHeadCount + head) * (keyFloats + valueFloats), keyFloats + valueFloats);
}
