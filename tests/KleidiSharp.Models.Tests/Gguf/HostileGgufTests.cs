// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp.Models.Tests;

public class HostileGgufTests
{
    private const uint F32 = 0;
    private const uint Q80 = 8;

    private static GgufWriter Valid() => new GgufWriter()
        .Add("general.architecture", "llama").Add("numbers", new[] { 1, 2, 3 }).Add("texts", new[] { "one", "two" })
        .Add("nested", new Array[] { new[] { 1f }, new[] { "x" } }).Add("flag", true)
        .AddTensor("first", [4, 2], F32, new byte[32]).AddTensor("second", [32], Q80, new byte[34]);

    [Fact]
    public void CutShortAtEveryByte()
    {
        byte[] whole = Valid().ToArray();
        using (var file = new TemporaryFile(whole))
        {
            GgufFile.Open(file.Name).Dispose();
        }

        for (int length = 0; length < whole.Length; length++)
        {
            using var file = new TemporaryFile(whole.AsSpan(0, length));
            var fault = Assert.Throws<GgufException>(() => GgufFile.Open(file.Name));
            Assert.Equal(file.Name, fault.FileName);
        }
    }

    [Fact]
    public void EveryByteChangedIsReadOrRefused()
    {
        byte[] whole = Valid().ToArray();
        foreach (byte change in new byte[] { 0x01, 0x80, 0xFF })
        {
            for (int at = 0; at < whole.Length; at++)
            {
                byte[] changed = [.. whole];
                changed[at] ^= change;
                using var file = new TemporaryFile(changed);
                try
                {
                    GgufFile.Open(file.Name).Dispose();
                }
                catch (GgufException)
                {
                }
            }
        }
    }

    [Fact]
    public void Header()
    {
        Refused(Change(w => w.Magic = 0x46465547), "magic number", "0x46465547");
        Refused(Change(w => w.Version = 1), "version is 1", "2 or 3");
        Refused(Change(w => w.Version = 0x03000000), "version is 50331648");
        Refused(Change(w => w.TensorCount = ulong.MaxValue), "tensor count is 18446744073709551615", "at most");
        Refused(Change(w => w.PairCount = 1UL << 40), "metadata count is 1099511627776", "at most");
    }

    [Fact]
    public void Metadata()
    {
        foreach (ulong count in new[] { 1UL << 30, 1UL << 62, ulong.MaxValue })
        {
            byte[] lie = BitConverter.GetBytes(count);
            Refused(Valid().Raw("text", 8, lie), $"length of metadata 'text' is {count}");
            Refused(Valid().Raw("list", 9, [5, 0, 0, 0, .. lie]), $"element count of metadata 'list' is {count}");
            Refused(Valid().Raw("list", 9, [8, 0, 0, 0, .. lie]), $"element count of metadata 'list' is {count}");
            Refused(Valid().Raw("list", 9, [9, 0, 0, 0, .. lie]), $"element count of metadata 'list' is {count}");
        }

        Refused(Valid().Raw("list", 9, [13, 0, 0, 0, .. new byte[8]]), "element type of metadata 'list' is 13");
        Refused(Valid().Raw("odd", 77, 0), "type of metadata 'odd' is 77");
        Refused(Valid().Raw("flag2", 7, 2), "metadata 'flag2' is 2", "0 or 1");
        Refused(Valid().Raw("text", 8, [2, 0, 0, 0, 0, 0, 0, 0, 0xC3, 0x28]), "metadata 'text' is not UTF-8");
        Refused(Valid().Add("flag", false), "'flag' a second time");
        Refused(Valid().Add("", 1), "length of metadata key 5 is 0");
        byte[] anArrayOfOneArray = [9, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0];
        Refused(Valid().Raw("deep", 9, [.. Enumerable.Repeat(anArrayOfOneArray, 9).SelectMany(a => a)]), "nested more than 8 arrays");
    }

    [Fact]
    public void StringsOfAbsurdLength()
    {
        const int most = 1 << 24;
        using TemporaryFile longest = Valid().Add("text", new string('x', most)).ToFile();
        using (GgufFile file = GgufFile.Open(longest.Name))
        {
            Assert.Equal(most, file.Metadata.GetString("text").Length);
        }

        Refused(Valid().Add("text", new string('x', most + 1)), $"length of metadata 'text' is {most + 1}", $"at most {most}");
    }

    [Theory]
    [InlineData(0u)]
    [InlineData(3u)]
    [InlineData(48u)]
    [InlineData(0x80000000u)]
    public void Alignment(uint alignment) => Refused(Valid().Add("general.alignment", alignment), "general.alignment", $"{alignment}");

    [Fact]
    public void OtherAlignmentsAreFollowed()
    {
        using TemporaryFile temporary = new GgufWriter { Alignment = 256 }.Add("general.alignment", 256u)
            .AddTensor("a", [1], [1.5f]).AddTensor("b", [1], [2.5f]).ToFile();
        using GgufFile file = GgufFile.Open(temporary.Name);
        var value = new float[1];
        file.ReadFloats("b", value);
        Assert.Equal(2.5f, value[0]);
        Assert.Equal(0, file.Tensors["b"].Position % 256);
    }

    [Fact]
    public void Tensors()
    {
        Refused(Valid().AddTensor("bad", [], F32, []), "dimension count of tensor 'bad' is 0", "1 to 4");
        Refused(Valid().AddTensor("bad", [1, 1, 1, 1, 1], F32, []), "dimension count of tensor 'bad' is 5");
        Refused(Valid().AddTensor("bad", [4, 0], F32, []), "dimension of tensor 'bad' is 0");
        Refused(Valid().AddTensor("bad", [1UL << 63], F32, []), "dimension of tensor 'bad' is 9223372036854775808");
        Refused(Valid().AddTensor("bad", [1UL << 32, 1UL << 32], F32, []), "size of tensor 'bad'", "2^63");
        Refused(Valid().AddTensor("bad", [1UL << 62, 1UL << 62, 1UL << 62, 1UL << 62], F32, []), "size of tensor 'bad'");
        Refused(Valid().AddTensor("bad", [1UL << 61, 1], F32, []), "end of tensor 'bad'", "the length of the file");
        Refused(Valid().AddTensor("bad", [16, 2], Q80, new byte[34]), "row length of tensor 'bad' is 16", "multiple of 32");
        Refused(Valid().AddTensor("bad", [4], 4, new byte[16]), "type of tensor 'bad' is 4");
        Refused(Valid().AddTensor("bad", [4], 1000, new byte[16]), "type of tensor 'bad' is 1000");
        Refused(Valid().AddTensor("bad", [4], uint.MaxValue, new byte[16]), "type of tensor 'bad' is -1");
        Refused(Valid().AddTensor("bad", [4], F32, new byte[16], offset: 4), "offset of tensor 'bad' is 4", "alignment 32");
        Refused(Valid().AddTensor("bad", [4], F32, new byte[16], offset: 1 << 20), "end of tensor 'bad'");
        Refused(Valid().AddTensor("bad", [4], F32, new byte[16], offset: ulong.MaxValue - 31), "end of tensor 'bad'");
        Refused(Valid().AddTensor("bad", [4], F32, new byte[16], offset: 0), "inside tensor 'first'");
        Refused(Valid().AddTensor("first", [4], F32, new byte[16]), "'first' a second time");
    }

    private static GgufWriter Change(Action<GgufWriter> change)
    {
        GgufWriter writer = Valid();
        change(writer);
        return writer;
    }

    private static void Refused(GgufWriter writer, params string[] parts)
    {
        using TemporaryFile file = writer.ToFile();
        GgufFileTests.AssertNames(() => GgufFile.Open(file.Name), [file.Name, .. parts]);
    }
}
