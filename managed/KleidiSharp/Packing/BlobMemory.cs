// SPDX-License-Identifier: Apache-2.0
using System.IO.MemoryMappedFiles;
using System.Runtime.InteropServices;

namespace KleidiSharp;

/// <summary>
/// The bytes of a packed blob: memory of its own, or a file that is mapped. They stay while a call holds a reference,
/// even where the owner was disposed of meanwhile.
/// </summary>
internal sealed unsafe class BlobMemory : NativeHandle
{
    private readonly MemoryMappedFile? file;
    private readonly MemoryMappedViewAccessor? view;

    private BlobMemory(long size)
    {
        Size = size;
        Take(size);
    }

    private BlobMemory(byte* address, long size, MemoryMappedFile file, MemoryMappedViewAccessor view)
    {
        this.file = file;
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

    /// <summary>A file, mapped for reading; it must hold at least a byte.</summary>
    public static BlobMemory Map(string path, long size)
    {
        MemoryMappedFile? file = null;
        MemoryMappedViewAccessor? view = null;
        try
        {
            file = MemoryMappedFile.CreateFromFile(path, FileMode.Open, null, 0, MemoryMappedFileAccess.Read);
            view = file.CreateViewAccessor(0, size, MemoryMappedFileAccess.Read);
            byte* address = null;
            view.SafeMemoryMappedViewHandle.AcquirePointer(ref address);
            return new BlobMemory(address, size, file, view);
        }
        catch
        {
            view?.Dispose();
            file?.Dispose();
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
            file!.Dispose();
        }

        Released?.Invoke();
    }
}
