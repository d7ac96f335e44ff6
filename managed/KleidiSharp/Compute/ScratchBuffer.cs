// SPDX-License-Identifier: Apache-2.0
using System.Runtime.InteropServices;

namespace KleidiSharp;

/// <summary>Aligned native memory that only grows.</summary>
internal sealed unsafe class ScratchBuffer : SafeHandle
{
    private ulong size;

    public ScratchBuffer()
        : base(0, ownsHandle: true)
    {
    }

    public override bool IsInvalid => handle == 0;

    /// <summary>Bytes at <see cref="Reserve"/>'s result.</summary>
    public ulong Size => size;

    /// <summary>Makes room for that many bytes; what was there is lost.</summary>
    public void* Reserve(ulong bytes)
    {
        if (bytes > size)
        {
            NativeMemory.AlignedFree((void*)handle);
            SetHandle(0);
            size = 0;
            SetHandle((nint)NativeMemory.AlignedAlloc((nuint)bytes, PackedShape.Alignment));
            size = bytes;
        }

        return (void*)handle;
    }

    protected override bool ReleaseHandle()
    {
        NativeMemory.AlignedFree((void*)handle);
        return true;
    }
}
