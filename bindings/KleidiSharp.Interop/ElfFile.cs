// SPDX-License-Identifier: Apache-2.0
using System.Buffers.Binary;
using System.Text;

namespace KleidiSharp.Interop;

/// <summary>
/// What the headers of a shared library say about where it runs. Every number in it may be a lie: none is followed out of
/// the file, and none makes this read more than a few tables of bounded size.
/// </summary>
internal sealed class ElfFile
{
    private const int IdentSize = 16;
    private const int MostTableBytes = 1 << 20;
    private const int MostEntries = 4096;
    private const int MostNameBytes = 255;

    private readonly FileStream stream;
    private readonly bool wide;
    private readonly bool bigEndian;
    private readonly List<(long Address, long Offset, long Size)> segments = [];
    private readonly List<string> needed = [];
    private readonly List<string> versions = [];

    private ElfFile(FileStream stream, byte[] ident)
    {
        this.stream = stream;
        wide = ident[4] == 2;
        bigEndian = ident[5] == 2;
        Length = stream.Length;
        DeclaredLength = HeaderSize;
        try
        {
            byte[] header = Read(0, HeaderSize);
            Type = Half(header, 16);
            Machine = Half(header, 18);
            ReadTables(header);
        }
        catch (InvalidDataException)
        {
            // What was found until then stays; the system's loader has its own words for the rest.
        }
    }

    /// <summary>Whether it is for 64-bit processes.</summary>
    public bool Is64Bit => wide;

    /// <summary>The processor, as the format numbers them (<c>e_machine</c>); 0 where the header is cut off.</summary>
    public int Machine { get; }

    /// <summary>What it is (<c>e_type</c>): 1 an object file, 2 a program, 3 a shared library, 4 a core dump.</summary>
    public int Type { get; }

    /// <summary>Bytes of the file.</summary>
    public long Length { get; }

    /// <summary>Bytes that the file must have for all that its headers speak of.</summary>
    public long DeclaredLength { get; private set; }

    /// <summary>The libraries it needs, as it names them.</summary>
    public IReadOnlyList<string> Needed => needed;

    /// <summary>The versions of symbols it needs, for instance <c>GLIBC_2.17</c>.</summary>
    public IReadOnlyList<string> NeededVersions => versions;

    private int HeaderSize => wide ? 64 : 52;

    /// <summary>Reads the headers of a file.</summary>
    /// <returns>Null where it does not begin as such a file does.</returns>
    /// <exception cref="IOException">It cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    public static ElfFile? Open(string path)
    {
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 1);
        var ident = new byte[IdentSize];
        int count = stream.ReadAtLeast(ident, ident.Length, throwOnEndOfStream: false);
        return count >= 6 && ident.AsSpan().StartsWith("\u007FELF"u8) ? new ElfFile(stream, ident) : null;
    }

    private void ReadTables(byte[] header)
    {
        long sections = Word(header, wide ? 40 : 32);
        long sectionBytes = (long)Half(header, wide ? 58 : 46) * Half(header, wide ? 60 : 48);
        Declare(sections, sections == 0 ? 0 : sectionBytes);
        int entrySize = Half(header, wide ? 54 : 42);
        int count = Half(header, wide ? 56 : 44);
        long programHeaders = Word(header, wide ? 32 : 28);
        Declare(programHeaders, (long)entrySize * count);
        if (entrySize < (wide ? 56 : 32))
        {
            return;
        }

        byte[] table = Read(programHeaders, (long)entrySize * count);
        (long Offset, long Size) dynamic = default;
        for (int i = 0; i < count; i++)
        {
            ReadOnlySpan<byte> entry = table.AsSpan(i * entrySize, entrySize);
            long offset = Word(entry, wide ? 8 : 4), address = Word(entry, wide ? 16 : 8), size = Word(entry, wide ? 32 : 16);
            switch (Int(entry, 0))
            {
                case 1: // PT_LOAD
                    Declare(offset, size);
                    segments.Add((address, offset, size));
                    break;
                case 2: // PT_DYNAMIC
                    dynamic = (offset, size);
                    break;
            }
        }

        ReadDynamic(Read(dynamic.Offset, dynamic.Size));
    }

    private void ReadDynamic(byte[] table)
    {
        int word = wide ? 8 : 4;
        long strings = 0, stringBytes = 0, versionNeeds = 0;
        var names = new List<long>();
        for (int at = 0; at + (2 * word) <= table.Length && names.Count < MostEntries; at += 2 * word)
        {
            long value = Word(table, at + word);
            switch (Word(table, at))
            {
                case 0: // DT_NULL
                    at = table.Length;
                    break;
                case 1: // DT_NEEDED
                    names.Add(value);
                    break;
                case 5: // DT_STRTAB
                    strings = value;
                    break;
                case 10: // DT_STRSZ
                    stringBytes = value;
                    break;
                case 0x6ffffffe: // DT_VERNEED
                    versionNeeds = value;
                    break;
            }
        }

        byte[] text = Read(OffsetOf(strings), stringBytes);
        needed.AddRange(names.Select(name => Text(text, name)));
        if (versionNeeds != 0)
        {
            ReadVersions(OffsetOf(versionNeeds), text);
        }
    }

    // A chain of libraries, each with a chain of versions; the same in files for 32 bits.
    private void ReadVersions(long at, byte[] text)
    {
        for (int i = 0; i < MostEntries; i++)
        {
            byte[] library = Read(at, 16);
            long version = at + Int(library, 8);
            for (int count = Half(library, 2); count > 0 && versions.Count < MostEntries; count--)
            {
                byte[] entry = Read(version, 16);
                versions.Add(Text(text, Int(entry, 8)));
                version += Int(entry, 12);
            }

            if (Int(library, 12) == 0)
            {
                return;
            }

            at += Int(library, 12);
        }
    }

    private void Declare(long offset, long size) =>
        DeclaredLength = Math.Max(DeclaredLength, offset > long.MaxValue - size ? long.MaxValue : offset + size);

    // Tables are named by the address they will have in memory; the sum may be beyond the file, or negative.
    private long OffsetOf(long address)
    {
        foreach ((long start, long offset, long size) in segments)
        {
            if (address >= start && address - start < size)
            {
                return address - start + offset;
            }
        }

        throw new InvalidDataException();
    }

    private byte[] Read(long offset, long size)
    {
        if (size > MostTableBytes || offset < 0 || offset > Length - size)
        {
            throw new InvalidDataException();
        }

        var bytes = new byte[size];
        stream.Position = offset;
        return stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false) == size ? bytes : throw new InvalidDataException();
    }

    private static string Text(byte[] table, long at)
    {
        if (at >= table.Length)
        {
            throw new InvalidDataException();
        }

        ReadOnlySpan<byte> name = table.AsSpan((int)at, (int)Math.Min(MostNameBytes, table.Length - at));
        int length = name.IndexOf((byte)0);
        return Encoding.UTF8.GetString(length < 0 ? name : name[..length]);
    }

    private int Half(ReadOnlySpan<byte> bytes, int at) =>
        bigEndian ? BinaryPrimitives.ReadUInt16BigEndian(bytes[at..]) : BinaryPrimitives.ReadUInt16LittleEndian(bytes[at..]);

    private long Int(ReadOnlySpan<byte> bytes, int at) =>
        bigEndian ? BinaryPrimitives.ReadUInt32BigEndian(bytes[at..]) : BinaryPrimitives.ReadUInt32LittleEndian(bytes[at..]);

    // Never negative: what has the highest bit set is beyond every file all the same.
    private long Word(ReadOnlySpan<byte> bytes, int at)
    {
        if (!wide)
        {
            return Int(bytes, at);
        }

        ulong value = bigEndian
            ? BinaryPrimitives.ReadUInt64BigEndian(bytes[at..])
            : BinaryPrimitives.ReadUInt64LittleEndian(bytes[at..]);
        return (long)Math.Min(value, long.MaxValue);
    }
}
