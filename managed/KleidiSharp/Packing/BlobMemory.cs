// SPDX-License-Identifier: Apache-2.0
using System.IO.MemoryMappedFiles;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace KleidiSharp;

/// <summary>
/// The bytes of a packed blob: memory of its own, or a file that is mapped. They stay while a call holds a reference,
/// even where the owner was disposed of meanwhile.
/// </summary>
internal sealed unsafe class BlobMemory : NativeHandle
{
    private readonly MemoryMappedViewAccessor? view;

    private BlobMemory(long size)
    {
        Size = size;
        Take(size);
    }

    private BlobMemory(byte* address, long size, MemoryMappedViewAccessor view)
    {
        this.view = view;
        Size = size;
        Hold(address, size);
    }

    /// <summary>Raised once the memory is gone; possibly on the finalizer thread.</summary>
    public event Action? Released;

    public long Size { get; }

    /// <summary>Valid while a reference is held (<see cref="SafeHandle.DangerousAddRef"/>).</summary>
    public byte* Address => (byte*)handle;

    /// <summary>Memory of its own, aligned, all zeros.</summary>
    public static BlobMemory Allocate(long size)
    {
        BlobMemory memory = AllocateUncleared(size);
        NativeMemory.Clear(memory.Address, (nuint)size);
        return memory;
    }

    /// <summary>Memory of its own, aligned, for who writes all of it.</summary>
    public static BlobMemory AllocateUncleared(long size) => new(size);

    /// <summary>A part of a file, mapped for reading; at least a byte, all within the file.</summary>
    public static BlobMemory Map(SafeFileHandle file, long offset, long size)
    {
        MemoryMappedViewAccessor? view = null;
        try
        {
            using var map = MemoryMappedFile.CreateFromFile(
                file, null, 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: true);
            view = map.CreateViewAccessor(offset, size, MemoryMappedFileAccess.Read);
            byte* address = null;
            view.SafeMemoryMappedViewHandle.AcquirePointer(ref address);
            return new BlobMemory(address + view.PointerOffset, size, view);
        }
        catch
        {
            view?.Dispose();
            throw;
        }
    }

    protected override void Free()
    {
        if (view is null)
        {
            base.Free();
        }
        else
        {
            view.SafeMemoryMappedViewHandle.ReleasePointer();
            view.Dispose();
        }

        Released?.Invoke();
    }
}
