// SPDX-License-Identifier: Apache-2.0
using System.Runtime.InteropServices;
using System.Text;

namespace KleidiSharp.Models.Tests;

/// <summary>Writes GGUF files, right ones and, since every count and offset can be set, lying ones.</summary>
internal sealed class GgufWriter
{
    private readonly List<(string Key, uint Type, byte[] Value)> pairs = [];
    private readonly List<Tensor> tensors = [];

    private sealed record Tensor(string Name, ulong[] Dimensions, uint Type, byte[] Data, ulong? Offset);

    public uint Magic { get; set; } = 0x46554747;

    public uint Version { get; set; } = 3;

    public uint Alignment { get; set; } = 32;

    public ulong? TensorCount { get; set; }

    public ulong? PairCount { get; set; }

    public GgufWriter Raw(string key, uint type, params byte[] value)
    {
        pairs.Add((key, type, value));
        return this;
    }

    public GgufWriter Add(string key, object value) => Raw(key, TypeOf(value), Bytes(value));

    /// <param name="name">The name.</param>
    /// <param name="dimensions">In the file's order, the contiguous one first.</param>
    /// <param name="type">The type's code.</param>
    /// <param name="data">The bytes.</param>
    /// <param name="offset">Instead of the right one.</param>
    public GgufWriter AddTensor(string name, ulong[] dimensions, uint type, byte[] data, ulong? offset = null)
    {
        tensors.Add(new Tensor(name, dimensions, type, data, offset));
        return this;
    }

    /// <param name="name">The name.</param>
    /// <param name="shape">In natural order, the contiguous one last.</param>
    /// <param name="values">The elements, stored as F32.</param>
    public GgufWriter AddTensor(string name, int[] shape, float[] values) =>
        AddTensor(name, [.. shape.Select(d => (ulong)d).Reverse()], 0, MemoryMarshal.AsBytes(values.AsSpan()).ToArray());

    public byte[] ToArray()
    {
        var stream = new MemoryStream();
        var writer = new BinaryWriter(stream);
        writer.Write(Magic);
        writer.Write(Version);
        writer.Write(TensorCount ?? (ulong)tensors.Count);
        writer.Write(PairCount ?? (ulong)pairs.Count);
        foreach ((string key, uint type, byte[] value) in pairs)
        {
            writer.Write(Bytes(key));
            writer.Write(type);
            writer.Write(value);
        }

        ulong offset = 0;
        foreach (Tensor tensor in tensors)
        {
            writer.Write(Bytes(tensor.Name));
            writer.Write(tensor.Dimensions.Length);
            writer.Write(MemoryMarshal.AsBytes(tensor.Dimensions.AsSpan()));
            writer.Write(tensor.Type);
            writer.Write(tensor.Offset ?? offset);
            offset += (ulong)Pad(tensor.Data.Length);
        }

        foreach (Tensor tensor in tensors)
        {
            writer.Write(new byte[Pad(stream.Length) - stream.Length]);
            writer.Write(tensor.Data);
        }

        return stream.ToArray();
    }

    public TemporaryFile ToFile() => new(ToArray());

    private long Pad(long length) => Alignment == 0 ? length : (length + Alignment - 1) / Alignment * Alignment;

    private static uint TypeOf(object value) => value switch
    {
        byte => 0,
        sbyte => 1,
        ushort => 2,
        short => 3,
        uint => 4,
        int => 5,
        float => 6,
        bool => 7,
        string => 8,
        Array => 9,
        ulong => 10,
        long => 11,
        double => 12,
        _ => throw new ArgumentException(value.GetType().Name),
    };

    private static byte[] Bytes(object value) => value switch
    {
        byte v => [v],
        sbyte v => [(byte)v],
        ushort v => BitConverter.GetBytes(v),
        short v => BitConverter.GetBytes(v),
        uint v => BitConverter.GetBytes(v),
        int v => BitConverter.GetBytes(v),
        float v => BitConverter.GetBytes(v),
        bool v => BitConverter.GetBytes(v),
        string v => [.. BitConverter.GetBytes(Encoding.UTF8.GetByteCount(v) + 0L), .. Encoding.UTF8.GetBytes(v)],
        Array v =>
            [.. BitConverter.GetBytes(TypeOf(v.GetValue(0)!)), .. BitConverter.GetBytes(v.LongLength), .. v.Cast<object>().SelectMany(Bytes)],
        ulong v => BitConverter.GetBytes(v),
        long v => BitConverter.GetBytes(v),
        double v => BitConverter.GetBytes(v),
        _ => throw new ArgumentException(value.GetType().Name),
    };
}
