// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp;

/// <summary>Aligned native memory that only grows.</summary>
internal sealed unsafe class ScratchBuffer : NativeHandle
{
    private ulong size;

    /// <summary>Bytes at <see cref="Reserve"/>'s result.</summary>
    public ulong Size => size;

    /// <summary>Makes room for that many bytes; what was there is lost.</summary>
    public void* Reserve(ulong bytes)
    {
        if (bytes > size)
        {
            LetGo();
            size = 0;
            Take((long)bytes);
            size = bytes;
        }

        return (void*)handle;
    }
}
