// SPDX-License-Identifier: Apache-2.0
using System.Buffers;
using System.IO.MemoryMappedFiles;
using System.Numerics;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace KleidiSharp.Models;

/// <summary>
/// A GGUF file, version 2 or 3. Opening reads and checks the whole header; tensor data is read when asked for, so that
/// none of it stays in memory. Reading is safe from several threads; after <see cref="Dispose"/> it throws.
/// </summary>
public sealed class GgufFile : IDisposable
{
    private const uint Magic = 0x46554747; // "GGUF", little-endian
    private const int MaxDimensions = 4;
    private const int MaxKeyLength = 65535;
    private const int DefaultAlignment = 32;
    private const int ChunkBytes = 1 << 16;

    private readonly SafeFileHandle file;

    private GgufFile(string path, SafeFileHandle file, SafeBuffer bytes, long length)
    {
        Path = path;
        this.file = file;
        var reader = new GgufReader(path, bytes, length);
        uint magic = reader.Read<uint>("the magic number");
        if (magic != Magic)
        {
            throw reader.Wrong("the magic number", $"0x{magic:x8}", $"0x{Magic:x8}, 'GGUF'");
        }

        Version = reader.Read<int>("the version");
        if (Version is not (2 or 3))
        {
            throw reader.Wrong("the version", Version, "2 or 3, little-endian");
        }

        // The smallest tensor entry has an empty name and one dimension, the smallest pair an empty key and one byte.
        int tensorCount = reader.ReadCount("the tensor count", 8 + 4 + 8 + 4 + 8);
        int pairCount = reader.ReadCount("the metadata count", 8 + 4 + 1);
        Metadata = new GgufMetadata(path, ReadPairs(reader, pairCount));
        Tensors = ReadTensors(reader, tensorCount, Alignment(Metadata), length);
        HeaderLength = reader.Position;
        Length = length;
    }

    /// <summary>The path the file was opened with.</summary>
    public string Path { get; }

    /// <summary>The format's version, 2 or 3.</summary>
    public int Version { get; }

    /// <summary>The key-value pairs.</summary>
    public GgufMetadata Metadata { get; }

    /// <summary>The tensors by name.</summary>
    public IReadOnlyDictionary<string, GgufTensor> Tensors { get; }

    /// <summary>Bytes of metadata and tensor table.</summary>
    internal long HeaderLength { get; }

    /// <summary>Bytes of the file when it was opened.</summary>
    internal long Length { get; }

    /// <summary>When the file was last written to.</summary>
    internal DateTime LastWriteTimeUtc => File.GetLastWriteTimeUtc(file);

    /// <summary>Opens a file and checks its header.</summary>
    /// <exception cref="GgufException">The file is not GGUF, is cut short, or contradicts itself.</exception>
    /// <exception cref="IOException">The file cannot be opened.</exception>
    public static GgufFile Open(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        SafeFileHandle file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.Read);
        try
        {
            long length = RandomAccess.GetLength(file);
            if (length == 0)
            {
                throw new GgufException(path, "the file", "empty", "a GGUF file");
            }

            using var map = MemoryMappedFile.CreateFromFile(
                file, null, 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: true);
            using MemoryMappedViewAccessor view = map.CreateViewAccessor(0, length, MemoryMappedFileAccess.Read);
            return new GgufFile(path, file, view.SafeMemoryMappedViewHandle, length);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Reads a whole tensor as floats, exactly as its type defines them.</summary>
    /// <param name="name">The tensor's name.</param>
    /// <param name="destination">Takes the elements in row-major order; at least as long as the tensor.</param>
    /// <exception cref="GgufException">The file holds no such tensor.</exception>
    /// <exception cref="NotSupportedException">The tensor's type cannot be read as floats.</exception>
    public void ReadFloats(string name, Span<float> destination)
    {
        GgufTensor tensor = GetTensor(name);
        if (destination.Length < tensor.ElementCount)
        {
            throw new ArgumentException(
                $"destination holds {destination.Length} values; tensor {tensor} needs {tensor.ElementCount}.",
                nameof(destination));
        }

        ReadFloats(tensor, 0, destination[..(int)tensor.ElementCount]);
    }

    /// <summary>Reads part of a tensor as floats, for instance one row. Allocates nothing.</summary>
    /// <param name="tensor">A tensor of this file.</param>
    /// <param name="start">The first element, in row-major order; a multiple of the type's block.</param>
    /// <param name="destination">Takes the elements; its length is a multiple of the type's block.</param>
    /// <exception cref="NotSupportedException">The tensor's type cannot be read as floats.</exception>
    public void ReadFloats(GgufTensor tensor, long start, Span<float> destination)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        if (!GgufBlocks.CanDecode(tensor.Type))
        {
            throw new NotSupportedException(
                $"{Path}: tensor '{tensor.Name}' has type {tensor.Type}; F32, F16, BF16, Q8_0 and Q4_0 can be read.");
        }

        (int blockElements, int blockBytes) = GgufBlocks.Geometry(tensor.Type)!.Value;
        if (start < 0 || start > tensor.ElementCount - destination.Length || start % blockElements != 0
            || destination.Length % blockElements != 0)
        {
            throw new ArgumentOutOfRangeException(nameof(start), start,
                $"{destination.Length} values from {start} are not whole blocks of {blockElements} within tensor {tensor}.");
        }

        long position = tensor.Position + start / blockElements * blockBytes;
        if (tensor.Type == GgufTensorType.F32)
        {
            ReadBytes(position, MemoryMarshal.AsBytes(destination));
            return;
        }

        byte[] buffer = ArrayPool<byte>.Shared.Rent(ChunkBytes);
        try
        {
            int step = ChunkBytes / blockBytes * blockElements;
            while (!destination.IsEmpty)
            {
                int count = Math.Min(step, destination.Length);
                Span<byte> blocks = buffer.AsSpan(0, count / blockElements * blockBytes);
                ReadBytes(position, blocks);
                GgufBlocks.Decode(tensor.Type, blocks, destination[..count]);
                position += blocks.Length;
                destination = destination[count..];
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>Reads a whole tensor as it stands in the file: numbers, or blocks of its type.</summary>
    /// <param name="tensor">A tensor of this file.</param>
    /// <param name="destination">Takes its <see cref="GgufTensor.ByteLength"/> bytes.</param>
    /// <exception cref="ArgumentException">The destination is shorter.</exception>
    public void ReadBytes(GgufTensor tensor, Span<byte> destination)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        if (destination.Length < tensor.ByteLength)
        {
            throw new ArgumentException(
                $"destination holds {destination.Length} bytes; tensor {tensor} needs {tensor.ByteLength}.",
                nameof(destination));
        }

        ReadBytes(tensor.Position, destination[..(int)tensor.ByteLength]);
    }

    /// <summary>Closes the file.</summary>
    public void Dispose() => file.Dispose();

    /// <summary>Fills <paramref name="destination"/> with the bytes of the file from <paramref name="position"/> on.</summary>
    internal void ReadBytes(long position, Span<byte> destination)
    {
        while (!destination.IsEmpty)
        {
            int count = RandomAccess.Read(file, destination, position);
            if (count == 0)
            {
                throw new GgufException(Path, $"byte {position}", "past the end", $"a file that keeps its {Length} bytes");
            }

            position += count;
            destination = destination[count..];
        }
    }

    /// <summary>A tensor by name.</summary>
    /// <exception cref="GgufException">The file holds no such tensor.</exception>
    public GgufTensor GetTensor(string name) => Tensors.TryGetValue(name, out GgufTensor? tensor)
        ? tensor
        : throw new GgufException(Path, $"tensor '{name}'", "missing", "a tensor of that name");

    private static Dictionary<string, object> ReadPairs(GgufReader reader, int count)
    {
        var pairs = new Dictionary<string, object>(StringComparer.Ordinal);
        for (int i = 0; i < count; i++)
        {
            string key = reader.ReadString($"metadata key {i}");
            if (key.Length is 0 or > MaxKeyLength)
            {
                throw reader.Wrong($"the length of metadata key {i}", key.Length, $"1 to {MaxKeyLength}");
            }

            if (!pairs.TryAdd(key, reader.ReadValue($"metadata '{key}'")))
            {
                throw reader.Wrong($"metadata key {i}", $"'{key}' a second time", "unique keys");
            }
        }

        return pairs;
    }

    private static int Alignment(GgufMetadata metadata)
    {
        const string key = "general.alignment";
        int alignment = metadata.GetInt32(key, DefaultAlignment);
        return alignment > 0 && BitOperations.IsPow2(alignment)
            ? alignment
            : throw metadata.Wrong(key, $"{alignment}", "a power of two");
    }

    private static Dictionary<string, GgufTensor> ReadTensors(GgufReader reader, int count, int alignment, long length)
    {
        var entries = new List<(string Name, long[] Dimensions, GgufTensorType Type, ulong Offset)>();
        for (int i = 0; i < count; i++)
        {
            string name = reader.ReadString($"the name of tensor {i}");
            entries.Add((name, ReadDimensions(reader, name), reader.Read<GgufTensorType>($"the type of tensor '{name}'"),
                reader.Read<ulong>($"the offset of tensor '{name}'")));
        }

        long dataStart = (reader.Position + alignment - 1) & -alignment;
        var tensors = new Dictionary<string, GgufTensor>(StringComparer.Ordinal);
        foreach ((string name, long[] dimensions, GgufTensorType type, ulong offset) in entries)
        {
            (int blockElements, int blockBytes) = GgufBlocks.Geometry(type)
                ?? throw reader.Wrong($"the type of tensor '{name}'", (int)type, "a known tensor type");
            if (dimensions[^1] % blockElements != 0)
            {
                throw reader.Wrong($"the row length of tensor '{name}'", dimensions[^1],
                    $"a multiple of {blockElements}, the block of {type}");
            }

            if (offset % (ulong)alignment != 0)
            {
                throw reader.Wrong($"the offset of tensor '{name}'", offset, $"a multiple of the alignment {alignment}");
            }

            Int128 elements = dimensions.Aggregate(Int128.One, (product, d) => product > long.MaxValue ? product : product * d);
            if (elements > long.MaxValue)
            {
                throw reader.Wrong(
                    $"the size of tensor '{name}'", $"[{string.Join(", ", dimensions)}]", "fewer than 2^63 elements");
            }

            Int128 size = elements / blockElements * blockBytes;
            Int128 end = dataStart + (Int128)offset + size;
            if (end > length)
            {
                throw reader.Wrong($"the end of tensor '{name}'", $"byte {end}", $"at most {length}, the length of the file");
            }

            if (!tensors.TryAdd(
                name, new GgufTensor(name, dimensions, type, (long)elements, dataStart + (long)offset, (long)size)))
            {
                throw reader.Wrong("a tensor name", $"'{name}' a second time", "unique names");
            }
        }

        RefuseOverlaps(reader, tensors.Values);
        return tensors;
    }

    private static long[] ReadDimensions(GgufReader reader, string name)
    {
        uint count = reader.Read<uint>($"the dimension count of tensor '{name}'");
        if (count is 0 or > MaxDimensions)
        {
            throw reader.Wrong($"the dimension count of tensor '{name}'", count, $"1 to {MaxDimensions}");
        }

        var dimensions = new long[count];
        for (int i = dimensions.Length - 1; i >= 0; i--)
        {
            dimensions[i] = reader.Read<long>($"a dimension of tensor '{name}'");
            if (dimensions[i] <= 0)
            {
                throw reader.Wrong($"a dimension of tensor '{name}'", (ulong)dimensions[i], $"1 to {long.MaxValue}");
            }
        }

        return dimensions;
    }

    private static void RefuseOverlaps(GgufReader reader, IEnumerable<GgufTensor> tensors)
    {
        GgufTensor? previous = null;
        foreach (GgufTensor tensor in tensors.OrderBy(t => t.Position))
        {
            if (previous is not null && tensor.Position < previous.Position + previous.ByteLength)
            {
                throw reader.Wrong(
                    $"the position of tensor '{tensor.Name}'", $"byte {tensor.Position}, inside tensor '{previous.Name}'",
                    $"at least {previous.Position + previous.ByteLength}");
            }

            previous = tensor;
        }
    }
}
