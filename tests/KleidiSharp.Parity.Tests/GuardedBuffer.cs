// SPDX-License-Identifier: Apache-2.0
using System.Runtime.InteropServices;

namespace KleidiSharp.KernelTests;

/// <summary>
/// Memory that ends at an inaccessible page and begins after one, so that one byte read or written beyond it is a fault.
/// The bytes between the front page and the data hold a pattern that <see cref="Dispose"/> checks.
/// </summary>
internal sealed unsafe partial class GuardedBuffer : IDisposable
{
    private const int ProtNone = 0;
    private const int ProtReadWrite = 3;
    private const int MapPrivateAnonymous = 0x22;
    private const byte Canary = 0xA5;

    private readonly nint mapping;
    private readonly nuint mappingSize;
    private readonly nuint slack;

    /// <summary>Reserves <paramref name="bytes"/> bytes whose address is a multiple of <paramref name="alignment"/>.</summary>
    public GuardedBuffer(long bytes, int alignment = 4)
    {
        nuint page = (nuint)Environment.SystemPageSize;
        nuint size = (nuint)bytes;
        nuint aligned = (size + (nuint)alignment - 1) / (nuint)alignment * (nuint)alignment;
        nuint body = (aligned + page - 1) / page * page;
        mappingSize = body + 2 * page;
        mapping = Map(0, mappingSize, ProtReadWrite, MapPrivateAnonymous, -1, 0);
        Assert.True(mapping != -1, $"mmap of {mappingSize} bytes failed: {Marshal.GetLastPInvokeErrorMessage()}");
        Assert.Equal(0, Protect(mapping, page, ProtNone));
        Assert.Equal(0, Protect(mapping + (nint)(page + body), page, ProtNone));
        slack = body - aligned;
        Bytes = bytes;
        new Span<byte>((byte*)mapping + page, checked((int)slack)).Fill(Canary);
        Address = (byte*)mapping + page + slack;
    }

    /// <summary>First byte.</summary>
    public byte* Address { get; }

    /// <summary>Usable bytes.</summary>
    public long Bytes { get; }

    /// <summary>The memory as values of <typeparamref name="T"/>.</summary>
    public Span<T> Span<T>()
        where T : unmanaged => new(Address, checked((int)(Bytes / sizeof(T))));

    /// <summary>A guarded copy of <paramref name="values"/>.</summary>
    public static GuardedBuffer Of<T>(ReadOnlySpan<T> values, int alignment = 4)
        where T : unmanaged
    {
        var buffer = new GuardedBuffer((long)values.Length * sizeof(T), alignment);
        values.CopyTo(buffer.Span<T>());
        return buffer;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        var before = new ReadOnlySpan<byte>(Address - slack, (int)slack);
        bool intact = before.IndexOfAnyExcept(Canary) < 0;
        _ = Unmap(mapping, mappingSize);
        Assert.True(intact, "bytes before a buffer were overwritten");
    }

    [LibraryImport("libc", EntryPoint = "mmap", SetLastError = true)]
    private static partial nint Map(nint address, nuint length, int protection, int flags, int file, nint offset);

    [LibraryImport("libc", EntryPoint = "mprotect", SetLastError = true)]
    private static partial int Protect(nint address, nuint length, int protection);

    [LibraryImport("libc", EntryPoint = "munmap", SetLastError = true)]
    private static partial int Unmap(nint address, nuint length);
}
