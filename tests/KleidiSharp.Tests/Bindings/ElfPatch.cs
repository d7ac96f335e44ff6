// SPDX-License-Identifier: Apache-2.0
using System.Buffers.Binary;
using System.Text;

namespace KleidiSharp.Tests.Bindings;

/// <summary>Makes of a shared library one that differs from it in a single respect.</summary>
internal static class ElfPatch
{
    /// <summary>For another processor.</summary>
    public static void Machine(Span<byte> file, ushort machine) => BinaryPrimitives.WriteUInt16LittleEndian(file[18..], machine);

    /// <summary>Not a shared library but an object file, a program or a core dump.</summary>
    public static void Type(Span<byte> file, ushort type) => BinaryPrimitives.WriteUInt16LittleEndian(file[16..], type);

    /// <summary>Needing another version of symbols, of a name that is not longer.</summary>
    public static void NeededVersion(Span<byte> file, string from, string to)
    {
        Name(file, from, to);
        Span<byte> hash = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(hash, Hash(from));
        int at = file.IndexOf(hash);
        Assert.True(at > 0 && file[(at + 4)..].IndexOf(hash) < 0, $"the hash of {from} is not there exactly once");
        BinaryPrimitives.WriteUInt32LittleEndian(file[at..], Hash(to));
    }

    /// <summary>With another name of a library or version in its table of strings, which is not longer.</summary>
    public static void Name(Span<byte> file, string from, string to)
    {
        byte[] old = Encoding.ASCII.GetBytes($"\0{from}\0");
        int at = file.IndexOf(old);
        Assert.True(at > 0 && file[(at + 1)..].IndexOf(old) < 0, $"{from} is not there exactly once");
        Encoding.ASCII.GetBytes(to.PadRight(from.Length, '\0'), file[(at + 1)..]);
    }

    // The function of the System V ABI.
    private static uint Hash(string name)
    {
        uint hash = 0;
        foreach (char letter in name)
        {
            hash = (hash << 4) + letter;
            hash = (hash ^ ((hash & 0xf000_0000) >> 24)) & 0x0fff_ffff;
        }

        return hash;
    }
}
