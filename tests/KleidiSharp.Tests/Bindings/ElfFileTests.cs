// SPDX-License-Identifier: Apache-2.0
using KleidiSharp.Interop;

namespace KleidiSharp.Tests.Bindings;

public sealed class ElfFileTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [SkippableFact]
    public void The_headers_of_a_library_are_read()
    {
        string library = StubLibrary.NeedingLibc(folder);
        ElfFile file = ElfFile.Open(library)!;
        Assert.Equal((Environment.Is64BitProcess, 3), (file.Is64Bit, file.Type));
        Assert.Equal(new FileInfo(library).Length, file.Length);
        Assert.InRange(file.DeclaredLength, file.Length - 8, file.Length);
        if (HostDescription.GlibcVersion is not null)
        {
            Assert.Contains("libc.so.6", file.Needed);
            Assert.Contains(file.NeededVersions, version => version.StartsWith("GLIBC_2.", StringComparison.Ordinal));
        }
    }

    [SkippableFact]
    public void Headers_that_lie_lead_nowhere()
    {
        string path = StubLibrary.NeedingLibc(folder);
        byte[] whole = File.ReadAllBytes(path);
        int tables = Math.Min(whole.Length, 0x1000);
        int[] dynamic = [.. Enumerable.Range(0, 0x200).Select(i => i + IndexOfDynamic(whole))];
        int read = 0;
        using var stream = new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        foreach (int at in Enumerable.Range(4, tables - 4).Concat(dynamic))
        {
            foreach (byte value in new byte[] { 0, 1, 0x7f, 0x80, 0xff })
            {
                Put(at, value);
                ElfFile file = ElfFile.Open(path)!;
                Assert.All(file.Needed.Concat(file.NeededVersions), name => Assert.InRange(name.Length, 0, 255));
                read += file.Needed.Count > 0 ? 1 : 0;
            }

            Put(at, whole[at]);
        }

        Assert.InRange(read, 1, 5 * (tables + dynamic.Length) - 1);

        void Put(int at, byte value)
        {
            stream.Position = at;
            stream.WriteByte(value);
            stream.Flush();
        }
    }

    [SkippableFact]
    public void A_file_may_end_anywhere()
    {
        string path = StubLibrary.NeedingLibc(folder);
        byte[] whole = File.ReadAllBytes(path);
        for (int length = 0; length < whole.Length; length += length < 1024 ? 1 : 97)
        {
            File.WriteAllBytes(path, whole[..length]);
            ElfFile? file = ElfFile.Open(path);
            Assert.Equal(length < 6, file is null);
            Assert.True(file is null || file.DeclaredLength > length, $"{length} of {whole.Length} bytes are taken for all");
        }
    }

    [Fact]
    public void Both_orders_of_bytes_are_read()
    {
        var header = new byte[64];
        "\u007FELF"u8.CopyTo(header);
        header[4] = 2;
        (header[5], header[17], header[19]) = (2, 3, 22);
        ElfFile file = ElfFile.Open(Write(header))!;
        Assert.Equal((3, 22), (file.Type, file.Machine));
        (header[5], header[16], header[18]) = (1, 3, 62);
        (header[17], header[19]) = (0, 0);
        file = ElfFile.Open(Write(header))!;
        Assert.Equal((3, 62), (file.Type, file.Machine));
    }

    private string Write(byte[] bytes)
    {
        string path = folder.Write("file", "");
        File.WriteAllBytes(path, bytes);
        return path;
    }

    // Of its program headers, the one of type 2 says where the table stands.
    private static int IndexOfDynamic(byte[] file)
    {
        int at = BitConverter.ToInt32(file, 32);
        while (BitConverter.ToInt32(file, at) != 2)
        {
            at += 56;
        }

        return BitConverter.ToInt32(file, at + 8);
    }
}
