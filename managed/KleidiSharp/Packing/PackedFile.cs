// SPDX-License-Identifier: Apache-2.0
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
                long size = blob.Shape.BlobBytes;
                for (long offset = 0; offset < size; offset += ChunkBytes)
                {
                    stream.Write(new ReadOnlySpan<byte>(blob.Memory.Address + offset, (int)Math.Min(ChunkBytes, size - offset)));
                }

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

    /// <summary>Maps a file and checks it.</summary>
    public static PackedBlob Map(string path, bool verifyChecksum)
    {
        long size = new FileInfo(path).Length;
        if (size < PackedShape.HeaderSize)
        {
            throw new InvalidDataException(
                $"{path} is truncated: it has {size} bytes, its header alone needs {PackedShape.HeaderSize}.");
        }

        BlobMemory memory = BlobMemory.Map(path, size);
        try
        {
            return BlobHeader.Read(memory, path, verifyChecksum);
        }
        catch
        {
            memory.Dispose();
            throw;
        }
    }
}
