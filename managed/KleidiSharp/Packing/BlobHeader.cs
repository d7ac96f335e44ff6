// SPDX-License-Identifier: Apache-2.0
using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;

namespace KleidiSharp;

/// <summary>
/// The header of a packed blob, little-endian, byte for byte as the native library writes it: at 0 "KSPACKED"; at 8
/// version, format, layout, group (32 bits each); at 24 n, k (64 bits); at 40 whether there is a bias, header size (32
/// bits); at 48 bytes after the header, their checksum (64 bits); at 64 vector bytes (32 bits); zeros; at 120 the checksum
/// of the 120 bytes before.
/// </summary>
internal static unsafe class BlobHeader
{
    private const uint Version = 2;
    private const int ChecksumOffset = 120;

    private static ReadOnlySpan<byte> Magic => "KSPACKED"u8;

    /// <summary>Writes the header of a blob whose panels are all packed.</summary>
    public static void Seal(in PackedShape shape, BlobMemory memory)
    {
        byte* panels = memory.Address + PackedShape.HeaderSize;
        long payload = shape.BlobBytes - PackedShape.HeaderSize;
        var header = new Span<byte>(memory.Address, PackedShape.HeaderSize);
        header.Clear();
        Magic.CopyTo(header);
        BinaryPrimitives.WriteUInt32LittleEndian(header[8..], Version);
        BinaryPrimitives.WriteInt32LittleEndian(header[12..], (int)shape.Format.Kind);
        BinaryPrimitives.WriteInt32LittleEndian(header[16..], (int)shape.Layout);
        BinaryPrimitives.WriteInt32LittleEndian(header[20..], shape.Format.GroupSize);
        BinaryPrimitives.WriteInt64LittleEndian(header[24..], shape.OutFeatures);
        BinaryPrimitives.WriteInt64LittleEndian(header[32..], shape.InFeatures);
        BinaryPrimitives.WriteInt32LittleEndian(header[40..], AnyBias(shape, panels) ? 1 : 0);
        BinaryPrimitives.WriteInt32LittleEndian(header[44..], PackedShape.HeaderSize);
        BinaryPrimitives.WriteInt64LittleEndian(header[48..], payload);
        BinaryPrimitives.WriteUInt64LittleEndian(header[56..], Checksum(panels, payload));
        BinaryPrimitives.WriteInt32LittleEndian(header[64..], shape.VectorBytes);
        BinaryPrimitives.WriteUInt64LittleEndian(header[ChecksumOffset..], Checksum(memory.Address, ChecksumOffset));
    }

    /// <summary>How many bytes a header that nobody has checked yet says the blob has.</summary>
    public static long ClaimedBytes(ReadOnlySpan<byte> header) =>
        unchecked(BinaryPrimitives.ReadInt64LittleEndian(header[48..]) + PackedShape.HeaderSize);

    /// <summary>Reads and checks a header.</summary>
    /// <param name="memory">The blob; the caller holds a reference.</param>
    /// <param name="name">What it is called in messages.</param>
    /// <param name="verify">Whether to compare the checksum of the panels too, which reads them all.</param>
    /// <exception cref="InvalidDataException">
    /// It is not a blob, or not whole; the message says what is wrong.
    /// </exception>
    public static PackedBlob Read(BlobMemory memory, string name, bool verify)
    {
        if (memory.Size < PackedShape.HeaderSize)
        {
            throw new InvalidDataException(
                $"{name} is truncated: it has {memory.Size} bytes, its header alone needs {PackedShape.HeaderSize}.");
        }

        var header = new ReadOnlySpan<byte>(memory.Address, PackedShape.HeaderSize);
        if (!header.StartsWith(Magic))
        {
            throw new InvalidDataException($"{name} does not begin with KSPACKED: these are not packed weights.");
        }

        uint version = BinaryPrimitives.ReadUInt32LittleEndian(header[8..]);
        if (version != Version)
        {
            throw new InvalidDataException($"{name} has version {version} of the format; this library reads version {Version}.");
        }

        if (BinaryPrimitives.ReadUInt64LittleEndian(header[ChecksumOffset..]) != Checksum(memory.Address, ChecksumOffset))
        {
            throw Corrupt("the checksum of its header does not match");
        }

        uint hasBias = BinaryPrimitives.ReadUInt32LittleEndian(header[40..]);
        if (hasBias > 1
            || BinaryPrimitives.ReadInt32LittleEndian(header[44..]) != PackedShape.HeaderSize
            || header[68..ChecksumOffset].ContainsAnyExcept((byte)0))
        {
            throw Corrupt("its header contradicts itself");
        }

        PackedShape shape = ReadShape(header) ?? throw Corrupt(
            $"its header has an impossible shape: format {BinaryPrimitives.ReadInt32LittleEndian(header[12..])}, "
            + $"layout {BinaryPrimitives.ReadInt32LittleEndian(header[16..])}, "
            + $"group {BinaryPrimitives.ReadInt32LittleEndian(header[20..])}, "
            + $"vector bytes {BinaryPrimitives.ReadInt32LittleEndian(header[64..])}, "
            + $"n {BinaryPrimitives.ReadInt64LittleEndian(header[24..])}, "
            + $"k {BinaryPrimitives.ReadInt64LittleEndian(header[32..])}");
        long panelBytes = BinaryPrimitives.ReadInt64LittleEndian(header[48..]);
        if (panelBytes != shape.BlobBytes - PackedShape.HeaderSize)
        {
            throw Corrupt(
                $"its header says panels of {panelBytes} bytes, but n {shape.OutFeatures}, k {shape.InFeatures} and group "
                + $"{shape.Format.GroupSize} need {shape.BlobBytes - PackedShape.HeaderSize}");
        }

        if (memory.Size < shape.BlobBytes)
        {
            throw new InvalidDataException(
                $"{name} is truncated: it has {memory.Size} bytes, its header says {shape.BlobBytes}.");
        }

        if (verify && BinaryPrimitives.ReadUInt64LittleEndian(header[56..])
            != Checksum(memory.Address + PackedShape.HeaderSize, shape.BlobBytes - PackedShape.HeaderSize))
        {
            throw Corrupt("the checksum of its panels does not match");
        }

        return new PackedBlob(memory, shape, hasBias == 1);

        InvalidDataException Corrupt(string what) => new($"{name} is corrupt: {what}.");
    }

    /// <summary>
    /// Checksum of a multiple of 8 bytes as 64-bit words: word i goes into lane i mod 4, the lanes beginning as 1 to 4;
    /// the lanes and then the size go into a fifth, which begins as 5.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static ulong Checksum(byte* data, long size)
    {
        ulong lane0 = 1, lane1 = 2, lane2 = 3, lane3 = 4;
        long words = size / sizeof(ulong);
        long i = 0;
        for (; i + 4 <= words; i += 4)
        {
            lane0 = Mix(lane0, Word(i));
            lane1 = Mix(lane1, Word(i + 1));
            lane2 = Mix(lane2, Word(i + 2));
            lane3 = Mix(lane3, Word(i + 3));
        }

        lane0 = i < words ? Mix(lane0, Word(i)) : lane0;
        lane1 = i + 1 < words ? Mix(lane1, Word(i + 1)) : lane1;
        lane2 = i + 2 < words ? Mix(lane2, Word(i + 2)) : lane2;
        ulong result = Mix(Mix(Mix(Mix(Mix(5, lane0), lane1), lane2), lane3), (ulong)size);
        return result ^ (result >> 32);

        ulong Word(long index) =>
            BinaryPrimitives.ReadUInt64LittleEndian(new ReadOnlySpan<byte>(data + (index * sizeof(ulong)), sizeof(ulong)));

        static ulong Mix(ulong lane, ulong word) =>
            BitOperations.RotateLeft(lane + (word * 0x9E3779B97F4A7C15), 31) * 0xC2B2AE3D27D4EB4F;
    }

    // Whether any column's bias has a bit set: -0 counts, since it shows in the result.
    private static bool AnyBias(in PackedShape shape, byte* panels)
    {
        for (int row = 0; row < shape.OutFeatures; row++)
        {
            if (*(uint*)(panels + shape.BiasOffset(row)) != 0)
            {
                return true;
            }
        }

        return false;
    }

    private static PackedShape? ReadShape(ReadOnlySpan<byte> header)
    {
        var kind = (WeightKind)BinaryPrimitives.ReadInt32LittleEndian(header[12..]);
        PackedLayout? formula = PackedLayout.Find((WeightLayout)BinaryPrimitives.ReadInt32LittleEndian(header[16..]));
        WeightFormat? format = WeightFormat.From(kind, BinaryPrimitives.ReadInt32LittleEndian(header[20..]));
        int vectorBytes = BinaryPrimitives.ReadInt32LittleEndian(header[64..]);
        long n = BinaryPrimitives.ReadInt64LittleEndian(header[24..]);
        long k = BinaryPrimitives.ReadInt64LittleEndian(header[32..]);
        if (formula is null || format is null || formula.Kind != kind || !formula.Allows(vectorBytes)
            || n is < 1 or > int.MaxValue || k is < 1 or > int.MaxValue || !format.Value.Fits((int)k))
        {
            return null;
        }

        var shape = new PackedShape(format.Value, formula.Layout, (int)n, (int)k, vectorBytes);
        return shape.HasSize ? shape : null;
    }
}
