// SPDX-License-Identifier: Apache-2.0
using System;
using System.Runtime.InteropServices;
using KleidiSharp.Interop;

namespace KleidiSharp.Mono.Tests;

/// <summary>Native memory, aligned as the library wants it.</summary>
internal sealed unsafe class AlignedBuffer : IDisposable
{
    private readonly IntPtr block;

    /// <summary>Allocates at least one byte.</summary>
    public AlignedBuffer(ulong size)
    {
        Size = size;
        block = Marshal.AllocHGlobal(checked((IntPtr)(long)(size + (2 * NativeMethods.KS_ALIGNMENT))));
        long rounded = (block.ToInt64() + NativeMethods.KS_ALIGNMENT - 1) / NativeMethods.KS_ALIGNMENT * NativeMethods.KS_ALIGNMENT;
        Pointer = (void*)rounded;
    }

    /// <summary>The first byte.</summary>
    public void* Pointer { get; }

    /// <summary>Bytes.</summary>
    public ulong Size { get; }

    /// <inheritdoc/>
    public void Dispose() => Marshal.FreeHGlobal(block);
}
