// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp.Tests;

/// <summary>Rows that go straight into a blob give the bytes that packing the quantised matrix gives.</summary>
public sealed unsafe class RowPackingTests
{
    public static TheoryData<int, int, int> Shapes => new()
    {
        { 1, 32, 32 }, { 5, 96, 32 }, { 33, 192, 96 }, { 7, 21 * 32, 32 }, { 70, 4096, 64 },
    };

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Every_layout_of_int4_groups(int n, int k, int group)
    {
        float[] weights = Weights(n, k, group);
        float[] bias = new Drawn(n).Values(n);
        PackedLayout[] layouts = [.. PackedLayout.All.Where(layout => layout.Kind == WeightKind.Int4Group && CodePanels.TakesRows(layout))];
        Assert.Equal(3, layouts.Length);
        foreach (PackedLayout layout in layouts)
        {
            foreach (Int4Mapping mapping in Enum.GetValues<Int4Mapping>())
            {
                var shape = new PackedShape(WeightFormat.Int4Group(group), layout.Layout, n, k);
                using var logical = new LogicalWeights(shape.Format, n, k);
                fixed (float* values = weights, biases = bias)
                {
                    if (mapping == Int4Mapping.Symmetric)
                    {
                        ReferenceKernels.QuantizeRows(shape.Format, k, values, 0, n, logical.Memory);
                    }
                    else
                    {
                        FullRange(weights, n, k, group, logical.Memory);
                    }

                    byte[] expected = Packed(shape, logical, biases);
                    foreach (int threads in new[] { 1, 3 })
                    {
                        using BlobMemory blob = RowPacking.Quantize(threads, shape, Reader(weights, k), mapping, biases);
                        Assert.Equal(expected, Bytes(blob));
                    }
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Every_layout_of_Q4_0(int n, int k, int group)
    {
        QuantizedWeights weights = new Drawn(group).Weights(WeightFormat.Q4_0, n, k);
        byte[] blocks = weights.Codes.ToArray();
        float[] bias = new Drawn(n).Values(n);
        PackedLayout[] layouts = [.. PackedLayout.All.Where(layout => layout.Kind == WeightKind.Q4_0 && CodePanels.TakesRows(layout))];
        Assert.Equal(4, layouts.Length);
        foreach (PackedLayout layout in layouts)
        {
            var shape = new PackedShape(WeightFormat.Q4_0, layout.Layout, n, k);
            using var logical = new LogicalWeights(shape.Format, n, k);
            blocks.CopyTo(new Span<byte>(logical.Memory.Rows, blocks.Length));
            fixed (float* biases = bias)
            {
                byte[] expected = Packed(shape, logical, biases);
                foreach (int threads in new[] { 1, 3 })
                {
                    using BlobMemory blob = RowPacking.PackQ4(threads, shape, Reader(blocks, blocks.Length / n), biases);
                    Assert.Equal(expected, Bytes(blob));
                }
            }
        }
    }

    [SkippableTheory]
    [InlineData(ComputeBackend.Managed, 1)]
    [InlineData(ComputeBackend.Managed, 3)]
    [InlineData(ComputeBackend.Native, 1)]
    [InlineData(ComputeBackend.Native, 3)]
    public void Every_format(ComputeBackend backend, int threads)
    {
        const int n = 70, k = 4096;
        Require.Context(backend).Dispose();
        using var compute = new ComputeContext(new ComputeOptions { Backend = backend, Threads = threads });
        float[] weights = new Drawn(4).Values(n * k);
        float[] bias = new Drawn(3).Values(n);
        foreach (WeightFormat format in Formats.All(64))
        {
            foreach (Int4Mapping mapping in format.Kind == WeightKind.Int4Group ? Enum.GetValues<Int4Mapping>() : [Int4Mapping.Symmetric])
            {
                using PackedWeights whole = PackedWeights.Pack(
                    Quantizer.Quantize(weights, n, k, format, mapping, compute), bias, compute);
                using PackedWeights rows = PackedWeights.Quantize(Reader(weights, k), n, k, format, mapping, bias, compute);
                Assert.Equal(Saved(whole), Saved(rows));
                if (mapping == Int4Mapping.Symmetric)
                {
                    using PackedWeights span = PackedWeights.Quantize(weights, n, k, format, bias, compute);
                    Assert.Equal(Saved(whole), Saved(span));
                }
            }
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void A_weight_that_is_not_finite_is_named(int threads)
    {
        using var compute = new ComputeContext(new ComputeOptions { Backend = ComputeBackend.Managed, Threads = threads });
        foreach (WeightFormat format in Formats.All(32))
        {
            float[] weights = new Drawn(1).Values(40 * 64);
            weights[(37 * 64) + 5] = float.NegativeInfinity;
            var thrown = Assert.Throws<ArgumentException>(
                () => PackedWeights.Quantize(Reader(weights, 64), 40, 64, format, compute: compute));
            Assert.Contains("weights[2373] is -Infinity (row 37, column 5)", thrown.Message, StringComparison.Ordinal);
        }

        byte[] blocks = new byte[40 * 36];
        blocks[(39 * 36) + 19] = 0x7C;
        Assert.Contains("the scale of block 1 of row 39", Assert.Throws<ArgumentException>(
            () => PackedWeights.PackQ4_0(Reader(blocks, 36), 40, 64, compute: compute)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Wrong_arguments_are_named()
    {
        WeightRowReader<float> read = (_, rows) => rows.Clear();
        Assert.Throws<ArgumentNullException>("read", () => PackedWeights.Quantize((WeightRowReader<float>)null!, 1, 32, WeightFormat.Int4Group(32)));
        Assert.Throws<ArgumentNullException>("read", () => PackedWeights.PackQ4_0((WeightRowReader<byte>)null!, 1, 32));
        Assert.Throws<ArgumentException>("inFeatures", () => PackedWeights.Quantize(read, 1, 33, WeightFormat.Int4Group(32)));
        Assert.Throws<ArgumentException>(
            "mapping", () => PackedWeights.Quantize(read, 1, 32, WeightFormat.Int8Channel, Int4Mapping.FullRange));
        Assert.Throws<ArgumentOutOfRangeException>(
            "mapping", () => PackedWeights.Quantize(read, 1, 32, WeightFormat.Int4Group(32), (Int4Mapping)2));
        Assert.Throws<ArgumentException>(
            "bias", () => PackedWeights.Quantize(read, 1, 32, WeightFormat.Int4Group(32), bias: new float[2]));
    }

    // All exponents, ties, equal magnitudes of both signs, and groups of nothing.
    private static float[] Weights(int n, int k, int group)
    {
        float[] weights = new Drawn(k).Values(n * k);
        weights.AsSpan(0, group).Clear();
        if (n > 4)
        {
            weights.AsSpan(k, group).Fill(-0f);
            weights.AsSpan(2 * k, group).Fill(1e-41f);
            weights.AsSpan(3 * k, group).Fill(float.MaxValue);
            (weights[(3 * k) + 7], weights[(4 * k) + 3], weights[(4 * k) + 9]) = (float.MinValue, 8, -8);
            for (int i = 10; i < group; i++)
            {
                weights[(4 * k) + i] = (i % 16) - 7.5f;
            }

            // Groups whose largest magnitude is there with both signs, in either order.
            var random = new Random(k);
            for (int i = (n - 1) * k; i < n * k; i++)
            {
                weights[i] = random.Next(-3, 4);
            }
        }

        return weights;
    }

    private static void FullRange(float[] weights, int n, int k, int group, WeightMemory to)
    {
        QuantizedWeights expected = FullRangeInt4Tests.Formula(weights, n, k, group);
        expected.Codes.CopyTo(new Span<byte>(to.Rows, n * k / 2));
        for (int i = 0; i < expected.Scales.Length; i++)
        {
            ((ushort*)to.Scales)[i] = BFloat16.Round(expected.Scales[i]);
        }
    }

    private static WeightRowReader<T> Reader<T>(T[] matrix, int rowLength)
        where T : unmanaged => (row, rows) =>
        {
            Assert.Equal(0, rows.Length % rowLength);
            matrix.AsSpan(row * rowLength, rows.Length).CopyTo(rows);
        };

    private static byte[] Packed(in PackedShape shape, LogicalWeights logical, float* bias)
    {
        using BlobMemory blob = BlobMemory.Allocate(shape.BlobBytes);
        var from = new WeightMemory { Rows = logical.Memory.Rows, Scales = logical.Memory.Scales, Bias = bias };
        PackedPanels.Pack(shape, from, 0, shape.Panels, blob.Address + PackedShape.HeaderSize);
        BlobHeader.Seal(shape, blob);
        return Bytes(blob);
    }

    private static byte[] Bytes(BlobMemory blob) => new Span<byte>(blob.Address, (int)blob.Size).ToArray();

    private static byte[] Saved(PackedWeights weights)
    {
        var stream = new MemoryStream();
        weights.Save(stream);
        return stream.ToArray();
    }
}
