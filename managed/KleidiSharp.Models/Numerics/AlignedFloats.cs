// SPDX-License-Identifier: Apache-2.0
using System.Runtime.InteropServices;

namespace KleidiSharp.Models;

/// <summary>Floats that begin on a cache line, so that vectors do not lie across two; zero at first.</summary>
internal readonly struct AlignedFloats
{
    private const int CacheLine = 64;

    private readonly float[] memory;
    private readonly int start;
    private readonly int count;

    public AlignedFloats(int count)
    {
        memory = GC.AllocateArray<float>(checked(count + CacheLine / sizeof(float) - 1), pinned: true);
        start = (int)(-Marshal.UnsafeAddrOfPinnedArrayElement(memory, 0) & (CacheLine - 1)) / sizeof(float);
        this.count = count;
    }

    public Span<float> Span => memory.AsSpan(start, count);
}
