// SPDX-License-Identifier: Apache-2.0
using System.Buffers.Binary;
using Microsoft.Win32.SafeHandles;

namespace KleidiSharp;

/// <summary>Packed weights in a file: the blob, byte for byte.</summary>
internal static unsafe class PackedFile
{
    private const int ChunkBytes = 1 << 26;

    /// <summary>Writes to a file beside the target and renames it, so that nobody ever sees half a file.</summary>
    public static void Save(PackedBlob blob, string path)
    {
        string temporary = $"{path}.{Guid.NewGuid():N}.tmp";
        try
        {
            using (var stream = new FileStream(temporary, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0))
            {
                Write(blob, stream);
                stream.Flush(flushToDisk: true);
            }

            File.Move(temporary, path, overwrite: true);
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }
    }

    /// <summary>Writes the blob to a stream.</summary>
    public static void Write(PackedBlob blob, Stream stream)
    {
        long size = blob.Shape.BlobBytes;
        for (long offset = 0; offset < size; offset += ChunkBytes)
        {
            stream.Write(new ReadOnlySpan<byte>(blob.Memory.Address + offset, (int)Math.Min(ChunkBytes, size - offset)));
        }
    }

    /// <summary>Maps a file and checks it.</summary>
    public static PackedBlob Map(string path, bool verifyChecksum)
    {
        using SafeFileHandle file = File.OpenHandle(path);
        return Map(file, 0, path, verifyChecksum);
    }

    /// <summary>Maps a blob inside a file and checks it.</summary>
    /// <param name="file">The file; it may be closed afterwards.</param>
    /// <param name="offset">Where the blob begins.</param>
    /// <param name="name">What it is called in messages.</param>
    /// <param name="verifyChecksum">Whether to compare the checksum of the panels, which reads them all.</param>
    public static PackedBlob Map(SafeFileHandle file, long offset, string name, bool verifyChecksum)
    {
        Span<byte> header = stackalloc byte[PackedShape.HeaderSize];
        long left = RandomAccess.GetLength(file) - offset;
        if (left < header.Length)
        {
            throw new InvalidDataException(
                $"{name} is truncated: it has {left} bytes, its header alone needs {PackedShape.HeaderSize}.");
        }

        // What the header says is checked once it is mapped; until then it only bounds what is mapped.
        RandomAccess.Read(file, header, offset);
        long size = Math.Clamp(BlobHeader.ClaimedBytes(header), PackedShape.HeaderSize, left);
        BlobMemory memory = BlobMemory.Map(file, offset, size);
        try
        {
            return BlobHeader.Read(memory, name, verifyChecksum);
        }
        catch
        {
            memory.Dispose();
            throw;
        }
    }
}
