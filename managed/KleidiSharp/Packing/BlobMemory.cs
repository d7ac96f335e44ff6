// SPDX-License-Identifier: Apache-2.0
using System.IO.MemoryMappedFiles;
using System.Runtime.InteropServices;

namespace KleidiSharp;

/// <summary>
/// The bytes of a packed blob: memory of its own, or a file that is mapped. They stay while a call holds a reference,
/// even where the owner was disposed of meanwhile.
/// </summary>
internal sealed unsafe class BlobMemory : SafeHandle
{
    private readonly MemoryMappedFile? file;
    private readonly MemoryMappedViewAccessor? view;

    private BlobMemory(void* address, long size, MemoryMappedFile? file = null, MemoryMappedViewAccessor? view = null)
        : base(0, ownsHandle: true)
    {
        this.file = file;
        this.view = view;
        Size = size;
        SetHandle((nint)address);
    }

    /// <summary>Raised once the memory is gone; possibly on the finalizer thread.</summary>
    public event Action? Released;

    public override bool IsInvalid => handle == 0;

    public long Size { get; }

    /// <summary>Valid while a reference is held (<see cref="SafeHandle.DangerousAddRef"/>).</summary>
    public byte* Address => (byte*)handle;

    /// <summary>Memory of its own, aligned, all zeros.</summary>
    public static BlobMemory Allocate(long size)
    {
        void* address = NativeMemory.AlignedAlloc((nuint)size, PackedShape.Alignment);
        NativeMemory.Clear(address, (nuint)size);
        return new BlobMemory(address, size);
    }

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

    protected override bool ReleaseHandle()
    {
        if (view is null)
        {
            NativeMemory.AlignedFree((void*)handle);
        }
        else
        {
            view.SafeMemoryMappedViewHandle.ReleasePointer();
            view.Dispose();
            file!.Dispose();
        }

        Released?.Invoke();
        return true;
    }
}
