// SPDX-License-Identifier: Apache-2.0
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

namespace KleidiSharp.Models;

/// <summary>
/// Reads the header of a GGUF file field by field. Every read is checked against the bytes that are left, and nothing is
/// allocated for a count that those bytes could not hold.
/// </summary>
internal sealed class GgufReader(string fileName, SafeBuffer bytes, long length)
{
    private const int MaxArrayDepth = 8;

    // Far beyond any name, token or template; a damaged length in a file of many gigabytes is refused before it is read.
    private const int MaxStringBytes = 1 << 24;

    // As long as nearly every token of a vocabulary.
    private const int ShortString = 64;

    private static readonly UTF8Encoding StrictUtf8 = new(false, throwOnInvalidBytes: true);

    /// <summary>Bytes read so far.</summary>
    public long Position { get; private set; }

    /// <summary>Bytes not read yet.</summary>
    public long Remaining => length - Position;

    /// <summary>An exception that names the file.</summary>
    public GgufException Wrong(GgufField what, object found, string expected) =>
        new(fileName, what.ToString(), FormattableString.Invariant($"{found}"), expected);

    /// <summary>One little-endian number.</summary>
    public T Read<T>(GgufField what) where T : unmanaged
    {
        Need(Unsafe.SizeOf<T>(), what);
        T value = bytes.Read<T>((ulong)Position);
        Position += Unsafe.SizeOf<T>();
        return value;
    }

    /// <summary>A count of things that take at least <paramref name="minimumSize"/> bytes each in what is left.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public int ReadCount(GgufField what, int minimumSize)
    {
        ulong count = Read<ulong>(what);
        ulong most = (ulong)Math.Min(Remaining / minimumSize, Array.MaxLength);
        return count <= most
            ? (int)count
            : throw Wrong(what, count, $"at most {most}, which is what the remaining {Remaining} bytes can hold");
    }

    /// <summary>A length in 64 bits and as many bytes of UTF-8.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public string ReadString(GgufField what)
    {
        int count = ReadCount(what.The("length"), 1);
        if (count > MaxStringBytes)
        {
            throw Wrong(what.The("length"), count, $"at most {MaxStringBytes}");
        }

        Span<byte> text = count <= ShortString ? stackalloc byte[ShortString] : new byte[count];
        text = text[..count];
        bytes.ReadSpan((ulong)Position, text);
        Position += count;
        try
        {
            return StrictUtf8.GetString(text);
        }
        catch (DecoderFallbackException fault)
        {
            throw Wrong(what, $"not UTF-8 (byte {fault.Index})", "UTF-8");
        }
    }

    /// <summary>A type code and a value of that type.</summary>
    public object ReadValue(GgufField what) => ReadValue(Read<GgufValueType>(what.The("type")), what, depth: 0);

    private object ReadValue(GgufValueType type, GgufField what, int depth) => type switch
    {
        GgufValueType.UInt8 => Read<byte>(what),
        GgufValueType.Int8 => Read<sbyte>(what),
        GgufValueType.UInt16 => Read<ushort>(what),
        GgufValueType.Int16 => Read<short>(what),
        GgufValueType.UInt32 => Read<uint>(what),
        GgufValueType.Int32 => Read<int>(what),
        GgufValueType.Float32 => Read<float>(what),
        GgufValueType.Bool => ReadBool(what),
        GgufValueType.String => ReadString(what),
        GgufValueType.Array => ReadArray(what, depth + 1),
        GgufValueType.UInt64 => Read<ulong>(what),
        GgufValueType.Int64 => Read<long>(what),
        GgufValueType.Float64 => Read<double>(what),
        _ => throw Wrong(what.The("type"), (uint)type, "a value type from 0 to 12"),
    };

    private Array ReadArray(GgufField what, int depth)
    {
        if (depth > MaxArrayDepth)
        {
            throw Wrong(what, $"nested more than {MaxArrayDepth} arrays deep", $"at most {MaxArrayDepth}");
        }

        GgufValueType type = Read<GgufValueType>(what.The("element type"));
        GgufField countOf = what.The("element count");
        return type switch
        {
            GgufValueType.UInt8 => ReadArray<byte>(ReadCount(countOf, 1), what),
            GgufValueType.Int8 => ReadArray<sbyte>(ReadCount(countOf, 1), what),
            GgufValueType.UInt16 => ReadArray<ushort>(ReadCount(countOf, 2), what),
            GgufValueType.Int16 => ReadArray<short>(ReadCount(countOf, 2), what),
            GgufValueType.UInt32 => ReadArray<uint>(ReadCount(countOf, 4), what),
            GgufValueType.Int32 => ReadArray<int>(ReadCount(countOf, 4), what),
            GgufValueType.Float32 => ReadArray<float>(ReadCount(countOf, 4), what),
            GgufValueType.UInt64 => ReadArray<ulong>(ReadCount(countOf, 8), what),
            GgufValueType.Int64 => ReadArray<long>(ReadCount(countOf, 8), what),
            GgufValueType.Float64 => ReadArray<double>(ReadCount(countOf, 8), what),
            GgufValueType.Bool => ReadEach(ReadCount(countOf, 1), _ => ReadBool(what)),
            GgufValueType.String => ReadEach(ReadCount(countOf, 8), i => ReadString(what.Element(i))),
            GgufValueType.Array => ReadEach(ReadCount(countOf, 12), i => ReadArray(what.Element(i), depth + 1)),
            _ => throw Wrong(what.The("element type"), (uint)type, "a value type from 0 to 12"),
        };
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static T[] ReadEach<T>(int count, Func<int, T> read)
    {
        var values = new T[count];
        for (int i = 0; i < count; i++)
        {
            values[i] = read(i);
        }

        return values;
    }

    private T[] ReadArray<T>(int count, GgufField what) where T : unmanaged
    {
        var values = new T[count];
        Span<byte> target = MemoryMarshal.AsBytes(values.AsSpan());
        Need(target.Length, what);
        bytes.ReadSpan((ulong)Position, target);
        Position += target.Length;
        return values;
    }

    private bool ReadBool(GgufField what)
    {
        byte value = Read<byte>(what);
        return value <= 1 ? value == 1 : throw Wrong(what, value, "a bool, 0 or 1");
    }

    private void Need(long size, GgufField what)
    {
        if (Remaining < size)
        {
            throw Wrong(what, $"cut short: {Remaining} bytes are left at byte {Position}", $"{size} bytes");
        }
    }
}
