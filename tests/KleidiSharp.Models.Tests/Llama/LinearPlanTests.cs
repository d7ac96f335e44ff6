// SPDX-License-Identifier: Apache-2.0
using System.Runtime.InteropServices;

namespace KleidiSharp.Models.Tests;

/// <summary>A matrix packed row by row from the file is, byte for byte, the one packed from all its values.</summary>
public class LinearPlanTests
{
    private const int InFeatures = 96;

    private static readonly (string Name, int Rows, GgufTensorType Type)[] s_tensors =
    [
        ("f32", 37, GgufTensorType.F32), ("f16", 5, GgufTensorType.F16), ("bf16", 70, GgufTensorType.BF16),
        ("q8", 33, GgufTensorType.Q8_0), ("q4", 32, GgufTensorType.Q4_0), ("more q4", 3, GgufTensorType.Q4_0),
    ];

    public static TheoryData<int> FormatNumbers => [.. Enumerable.Range(0, AllFormats.Length)];

    private static WeightFormat[] AllFormats { get; } =
    [
        WeightFormat.Int4Group(32), WeightFormat.Int4Group(96), WeightFormat.Int4Asymmetric(32), WeightFormat.Q4_0,
        WeightFormat.Int4Channel, WeightFormat.Int8Channel, WeightFormat.Int2Channel, WeightFormat.Float32,
        WeightFormat.Float16, WeightFormat.BFloat16,
    ];

    [Theory]
    [MemberData(nameof(FormatNumbers))]
    public void Every_type_becomes_every_format(int number)
    {
        WeightFormat format = AllFormats[number];
        using TemporaryFile temporary = ToFile();
        using GgufFile file = GgufFile.Open(temporary.Name);
        using var one = new ComputeContext(new ComputeOptions { Threads = 1 });
        using var three = new ComputeContext(new ComputeOptions { Threads = 3 });
        string[][] groups = [.. s_tensors.Select(t => new[] { t.Name }), ["f32", "bf16", "q8"], ["f16", "f32"], ["q4", "more q4"]];
        foreach (string[] names in groups)
        {
            GgufTensor[] tensors = [.. names.Select(name => file.Tensors[name])];
            float[] bias = [.. Enumerable.Range(0, tensors.Sum(t => (int)t.Dimensions[0])).Select(i => i / 3f)];
            var plan = new LinearPlan(tensors, InFeatures, format, bias);
            foreach (Int4Mapping mapping in format.Kind == WeightKind.Int4Group ? Enum.GetValues<Int4Mapping>() : [Int4Mapping.FullRange])
            {
                using PackedWeights expected = Whole(file, plan, mapping, one);
                using PackedWeights alone = plan.Pack(file, mapping, one);
                using PackedWeights together = plan.Pack(file, mapping, three);
                Assert.Equal(Bytes(expected), Bytes(alone));
                Assert.Equal(Bytes(expected), Bytes(together));
            }
        }
    }

    [Fact]
    public void What_is_not_finite_is_named_by_its_own_tensor()
    {
        using TemporaryFile temporary = ToFile(values => values[36 * InFeatures + 7] = float.NaN);
        using GgufFile file = GgufFile.Open(temporary.Name);
        var plan = new LinearPlan([file.Tensors["bf16"], file.Tensors["f32"]], InFeatures, WeightFormat.Int4Group(32), []);
        GgufFileTests.AssertNames(
            () => plan.Pack(file, Int4Mapping.FullRange, ComputeContext.Default), "element 3463 of tensor 'f32'", "NaN", temporary.Name);
    }

    [Fact]
    public void A_scale_that_is_not_finite_is_named_by_its_own_tensor()
    {
        byte[] blocks = new byte[2 * 3 * 18];
        blocks[4 * 18 + 1] = 0x7C;
        using TemporaryFile temporary = new GgufWriter()
            .AddTensor("right", [InFeatures, 2], (uint)GgufTensorType.Q4_0, new byte[2 * 3 * 18])
            .AddTensor("wrong", [InFeatures, 2], (uint)GgufTensorType.Q4_0, blocks)
            .ToFile();
        using GgufFile file = GgufFile.Open(temporary.Name);
        var plan = new LinearPlan([file.Tensors["right"], file.Tensors["wrong"]], InFeatures, WeightFormat.Q4_0, []);
        GgufFileTests.AssertNames(
            () => plan.Pack(file, Int4Mapping.FullRange, ComputeContext.Default), "element 128 of tensor 'wrong'", temporary.Name);
    }

    private static PackedWeights Whole(GgufFile file, LinearPlan plan, Int4Mapping mapping, ComputeContext compute)
    {
        if (plan.IsVerbatim)
        {
            byte[] blocks = [.. plan.Tensors.SelectMany(tensor =>
            {
                var bytes = new byte[tensor.ByteLength];
                file.ReadBytes(tensor, bytes);
                return bytes;
            })];
            return PackedWeights.Pack(
                QuantizedWeights.FromQ4_0(plan.OutFeatures, InFeatures, blocks), plan.Bias, compute);
        }

        float[] values = [.. plan.Tensors.SelectMany(tensor =>
        {
            var some = new float[tensor.ElementCount];
            file.ReadFloats(tensor.Name, some);
            return some;
        })];
        mapping = plan.Format.Kind == WeightKind.Int4Group ? mapping : Int4Mapping.Symmetric;
        return PackedWeights.Pack(
            Quantizer.Quantize(values, plan.OutFeatures, InFeatures, plan.Format, mapping, compute), plan.Bias, compute);
    }

    private static TemporaryFile ToFile(Action<float[]>? change = null)
    {
        var random = new Random(5);
        var writer = new GgufWriter();
        foreach ((string name, int rows, GgufTensorType type) in s_tensors)
        {
            float[] values = [.. Enumerable.Range(0, rows * InFeatures).Select(_ => (float)(random.NextDouble() - 0.4))];
            change?.Invoke(values.Length == 37 * InFeatures ? values : new float[37 * InFeatures]);
            byte[] data = new byte[values.Length / 32 * 34];
            random.NextBytes(data);
            data = type switch
            {
                GgufTensorType.F32 => MemoryMarshal.AsBytes(values.AsSpan()).ToArray(),
                GgufTensorType.F16 => MemoryMarshal.AsBytes(Array.ConvertAll(values, v => (Half)v).AsSpan()).ToArray(),
                GgufTensorType.BF16 => MemoryMarshal.AsBytes(
                    Array.ConvertAll(values, v => (ushort)(BitConverter.SingleToUInt32Bits(v) >> 16)).AsSpan()).ToArray(),
                GgufTensorType.Q8_0 => WithScales(data, 34),
                _ => WithScales(data[..(values.Length / 32 * 18)], 18),
            };
            writer.AddTensor(name, [InFeatures, (ulong)rows], (uint)type, data);
        }

        return writer.ToFile();
    }

    // Scales of 2^-9 to 2^-7: what is drawn may be infinite.
    private static byte[] WithScales(byte[] blocks, int size)
    {
        for (int at = 0; at < blocks.Length; at += size)
        {
            blocks[at + 1] = (byte)(0x18 | blocks[at + 1] & 0x9F);
        }

        return blocks;
    }

    private static byte[] Bytes(PackedWeights weights)
    {
        var stream = new MemoryStream();
        weights.Save(stream);
        return stream.ToArray();
    }
}
