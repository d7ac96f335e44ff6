// SPDX-License-Identifier: Apache-2.0
using System.Runtime.InteropServices;

namespace KleidiSharp.Models.Tests;

public class GgufFileTests
{
    [Theory]
    [InlineData(2u)]
    [InlineData(3u)]
    public void ReadsEveryKindOfValue(uint version)
    {
        object[] values =
        [
            (byte)200, (sbyte)-100, (ushort)60000, (short)-30000, 4000000000u, -2000000000, 1.5f, true, "text, Ωß",
            new[] { "a", "", "c" }, ulong.MaxValue, long.MinValue, 1e300, new[] { 1.5f, -2 }, new[] { true, false },
            new byte[] { 1, 2 }, new int[] { -1, 5 }, new Array[] { new[] { 1, 2 }, new[] { "x" } },
        ];
        var writer = new GgufWriter { Version = version };
        for (int i = 0; i < values.Length; i++)
        {
            writer.Add($"key.{i}", values[i]);
        }

        using TemporaryFile temporary = writer.ToFile();
        using GgufFile file = GgufFile.Open(temporary.Name);

        Assert.Equal((int)version, file.Version);
        Assert.Empty(file.Tensors);
        Assert.Equal(values.Length, file.Metadata.Values.Count);
        for (int i = 0; i < values.Length; i++)
        {
            object read = file.Metadata.Values[$"key.{i}"];
            Assert.Equal(values[i], read);
            Assert.Equal(values[i].GetType(), read.GetType());
        }
    }

    [Fact]
    public void GettersConvertWhatFitsAndRefuseTheRest()
    {
        using TemporaryFile temporary = new GgufWriter().Add("small", (byte)7).Add("large", ulong.MaxValue).Add("double", 0.5)
            .Add("text", "seven").Add("list", new[] { 1, 2 }).ToFile();
        using GgufFile file = GgufFile.Open(temporary.Name);
        GgufMetadata metadata = file.Metadata;

        Assert.Equal(7, metadata.GetInt32("small"));
        Assert.Equal(9, metadata.GetInt32("absent", 9));
        Assert.Equal(0.5f, metadata.GetSingle("double", 3));
        Assert.Equal("seven", metadata.GetString("text"));
        Assert.Null(metadata.GetString("absent", null));
        Assert.Equal([1, 2], metadata.GetArray<int>("list"));
        AssertNames(() => metadata.GetInt32("large"), "large", "18446744073709551615", "32 bits");
        AssertNames(() => metadata.GetInt32("text"), "text", "String seven", "an integer");
        AssertNames(() => metadata.GetArray<float>("list"), "list", "Int32[] of 2", "Single[]");
        AssertNames(() => metadata.GetString("absent"), "absent", "missing", temporary.Name);
    }

    [Fact]
    public void ReadsTensorsOfEveryDecodableType()
    {
        float[] f32 = [1, -2.5f, 3e-40f, float.NegativeInfinity, 0, 7];
        Half[] f16 = [(Half)1.5f, (Half)(-0.0f), (Half)65504, Half.Epsilon];
        ushort[] bf16 = [0x3F80, 0xC000, 0x0001, 0x7F80];
        byte[] q8 = [0x00, 0x38, .. Enumerable.Range(0, 32).Select(i => (byte)(sbyte)(i * 8 - 128))]; // scale 0.5
        byte[] q4 = [0x00, 0xBC, .. Enumerable.Range(0, 16).Select(i => (byte)(i | (15 - i) << 4))]; // scale -1
        using TemporaryFile temporary = new GgufWriter()
            .AddTensor("f32", [3, 2], 0, MemoryMarshal.AsBytes(f32.AsSpan()).ToArray())
            .AddTensor("f16", [4], 1, MemoryMarshal.AsBytes(f16.AsSpan()).ToArray())
            .AddTensor("bf16", [4, 1, 1, 1], 30, MemoryMarshal.AsBytes(bf16.AsSpan()).ToArray())
            .AddTensor("q8", [32], 8, q8)
            .AddTensor("q4", [32], 2, q4)
            .ToFile();
        using GgufFile file = GgufFile.Open(temporary.Name);

        Assert.Equal([2L, 3L], file.Tensors["f32"].Dimensions);
        Assert.Equal(f32, Read(file, "f32"));
        Assert.Equal([1.5f, -0.0f, 65504, 5.9604645e-8f], Read(file, "f16"));
        Assert.Equal([1, -2, BitConverter.UInt32BitsToSingle(0x10000), float.PositiveInfinity], Read(file, "bf16"));
        Assert.Equal(Enumerable.Range(0, 32).Select(i => (i * 8 - 128) * 0.5f), Read(file, "q8"));
        Assert.Equal(Enumerable.Range(0, 32).Select(i => i < 16 ? 8f - i : i - 16 - 7f), Read(file, "q4"));

        var row = new float[3];
        file.ReadFloats(file.Tensors["f32"], 3, row);
        Assert.Equal([float.NegativeInfinity, 0, 7], row);
    }

    [Fact]
    public void ReadsTensorsLargerThanOneChunk()
    {
        float[] values = [.. Enumerable.Range(0, 40_000).Select(i => (float)i)];
        using TemporaryFile temporary = new GgufWriter().AddTensor("large", [100, 400], values).ToFile();
        using GgufFile file = GgufFile.Open(temporary.Name);
        Assert.Equal(values, Read(file, "large"));
    }

    [Fact]
    public void ReadingWhatCannotBeReadSaysWhy()
    {
        using TemporaryFile temporary = new GgufWriter().AddTensor("mixture", [256], 12, new byte[144])
            .AddTensor("plain", [32], 8, new byte[34]).ToFile();
        using GgufFile file = GgufFile.Open(temporary.Name);

        Assert.Equal(GgufTensorType.Q4_K, file.Tensors["mixture"].Type);
        var refused = Assert.Throws<NotSupportedException>(() => Read(file, "mixture"));
        Assert.Contains("'mixture' has type Q4_K", refused.Message, StringComparison.Ordinal);
        AssertNames(() => file.ReadFloats("absent", new float[1]), "absent", "missing", temporary.Name);
        Assert.Throws<ArgumentException>(() => file.ReadFloats("plain", new float[31]));
        Assert.Throws<ArgumentOutOfRangeException>(() => file.ReadFloats(file.Tensors["plain"], 1, new float[31]));
        Assert.Throws<ArgumentOutOfRangeException>(() => file.ReadFloats(file.Tensors["plain"], 32, new float[32]));
        file.Dispose();
        Assert.Throws<ObjectDisposedException>(() => file.ReadFloats("plain", new float[32]));
    }

    internal static void AssertNames(Action action, params string[] parts)
    {
        var fault = Assert.Throws<GgufException>(action);
        Assert.All(parts, part => Assert.Contains(part, fault.Message, StringComparison.Ordinal));
    }

    private static float[] Read(GgufFile file, string name)
    {
        var values = new float[file.Tensors[name].ElementCount];
        file.ReadFloats(name, values);
        return values;
    }
}
