// SPDX-License-Identifier: Apache-2.0
using KleidiSharp.Interop;

namespace KleidiSharp.Tests;

/// <summary>The formulas of the packed layouts in C#, against the native library and against bytes worked out by hand.</summary>
public sealed unsafe class PackedLayoutTests
{
    public static TheoryData<WeightLayout, int> Layouts()
    {
        var layouts = new TheoryData<WeightLayout, int>();
        foreach (PackedLayout layout in PackedLayout.All)
        {
            foreach (int vectorBytes in layout.Columns == 0 ? [16, 64] : new[] { 0 })
            {
                layouts.Add(layout.Layout, vectorBytes);
            }
        }

        return layouts;
    }

    [Theory]
    [MemberData(nameof(Layouts))]
    public void Unpacking_gives_what_was_packed(WeightLayout layout, int vectorBytes)
    {
        foreach ((PackedShape shape, QuantizedWeights weights, float[] bias) in Draw(layout, vectorBytes))
        {
            using BlobMemory memory = Packer.Pack(shape, weights, bias);
            PackedBlob blob = BlobHeader.Read(memory, "the blob", verify: true);
            Assert.Equal(shape, blob.Shape);
            Assert.True(blob.HasBias);
            using LogicalWeights unpacked = LogicalWeights.From(blob);
            Packer.AssertSame(weights, bias, unpacked);
        }
    }

    [SkippableTheory]
    [MemberData(nameof(Layouts))]
    public void The_native_library_packs_the_same_bytes(WeightLayout layout, int vectorBytes)
    {
        Require.Native();
        using var native = new NativeBackend(1);
        foreach ((PackedShape shape, QuantizedWeights weights, float[] bias) in Draw(layout, vectorBytes))
        {
            foreach (float[] used in new[] { bias, [] })
            {
                using BlobMemory memory = Packer.Pack(shape, weights, used);
                using BlobMemory nativeMemory = Packer.Use(weights, used, source => native.Pack(shape, source));
                var expected = new ReadOnlySpan<byte>(memory.Address, (int)memory.Size);
                var actual = new ReadOnlySpan<byte>(nativeMemory.Address, (int)nativeMemory.Size);
                Assert.Equal(expected.Length, actual.CommonPrefixLength(expected));
                Assert.Equal(expected.Length, actual.Length);
            }
        }
    }

    [SkippableTheory]
    [MemberData(nameof(Layouts))]
    public void The_native_library_unpacks_what_was_packed_here(WeightLayout layout, int vectorBytes)
    {
        Require.Native();
        foreach ((PackedShape shape, QuantizedWeights weights, float[] bias) in Draw(layout, vectorBytes))
        {
            using BlobMemory memory = Packer.Pack(shape, weights, bias);
            using var unpacked = new LogicalWeights(shape.Format, shape.OutFeatures, shape.InFeatures);
            var args = new ks_unpack_args
            {
                struct_size = (uint)sizeof(ks_unpack_args),
                packed = memory.Address,
                packed_size = (ulong)memory.Size,
                weights = unpacked.Memory.Rows,
                weights_size = (ulong)unpacked.RowsLength,
                scales = unpacked.Memory.Scales,
                scales_count = (ulong)weights.Scales.Length,
                zeros = unpacked.Memory.Zeros,
                zeros_count = (ulong)weights.Zeros.Length,
                bias = unpacked.Memory.Bias,
                bias_count = (ulong)shape.OutFeatures,
            };
            NativeStatus.ThrowIfFailed(NativeMethods.ks_unpack(&args));
            Packer.AssertSame(weights, bias, unpacked);
        }
    }

    // The header's formulas, byte by byte, written the other way round: from the place to the code.
    [Theory]
    [InlineData(WeightLayout.Int4N32K4, 32, 4, 0)]
    [InlineData(WeightLayout.Int4N8K8, 8, 4, 0x88)]
    [InlineData(WeightLayout.Int4N8K16, 8, 8, 0x88)]
    public void Int4_bytes_stand_where_the_header_says(WeightLayout layout, int columns, int run, int mask)
    {
        const int Group = 64, N = 11, K = 128;
        WeightFormat format = WeightFormat.Int4Group(Group);
        var shape = new PackedShape(format, layout, N, K);
        QuantizedWeights weights = new Drawn(1).Weights(format, N, K);
        float[] bias = new Drawn(2).Values(N);
        using BlobMemory memory = Packer.Pack(shape, weights, bias);
        int at = PackedShape.HeaderSize;
        for (int first = 0; first < N; first += columns)
        {
            for (int group = 0; group < K / Group; group++)
            {
                for (int block = 0; block < Group / 32; block++)
                {
                    for (int segment = 0; segment < 16 / run; segment++)
                    {
                        for (int column = first; column < first + columns; column++)
                        {
                            for (int j = 0; j < run; j++)
                            {
                                int k = (group * Group) + (block * 32) + (run * segment) + j;
                                Assert.Equal((Code(column, k) | (Code(column, k + 16) << 4)) ^ mask, memory.Address[at++]);
                            }
                        }
                    }
                }

                for (int column = first; column < first + columns; column++, at += 2)
                {
                    float scale = Row(column) is int row ? weights.Scale(row, group) : 0;
                    Assert.Equal(BFloat16.Round(scale), *(ushort*)(memory.Address + at));
                }
            }

            for (int column = first; column < first + columns; column++, at += 4)
            {
                Parity.AssertSameBits([Row(column) is int row ? ReferenceKernels.RowSum(weights, row) : 0], [*(float*)(memory.Address + at)]);
            }

            for (int column = first; column < first + columns; column++, at += 4)
            {
                Parity.AssertSameBits([Row(column) is int row ? bias[row] : 0], [*(float*)(memory.Address + at)]);
            }
        }

        Assert.Equal(memory.Size, (at + 63) / 64 * 64);
        Assert.Equal(shape.BlobBytes, memory.Size);

        int? Row(int column) => column < N ? column : layout == WeightLayout.Int4N32K4 ? null : N - 1;
        int Code(int column, int k) => Row(column) is int row ? Formats.Nibble(weights.RowCodes(row), k) : 8;
    }

    [Fact]
    public void F32_bytes_stand_where_the_header_says()
    {
        var shape = new PackedShape(WeightFormat.Float32, WeightLayout.Float32N16, 18, 3);
        QuantizedWeights weights = new Drawn(1).Weights(WeightFormat.Float32, 18, 3);
        float[] values = weights.Dequantize();
        float[] bias = new Drawn(2).Values(18);
        using BlobMemory memory = Packer.Pack(shape, weights, bias);
        var floats = (float*)(memory.Address + PackedShape.HeaderSize);
        for (int column = 0; column < 32; column++)
        {
            float* panel = floats + (column / 16 * 16 * 4) + (column % 16);
            Parity.AssertSameBits([column < 18 ? bias[column] : 0], [panel[0]]);
            for (int k = 0; k < 3; k++)
            {
                Parity.AssertSameBits([column < 18 ? values[(column * 3) + k] : 0], [panel[16 * (k + 1)]]);
            }
        }
    }

    [Fact]
    public void A_shape_without_a_size_has_none()
    {
        var shape = new PackedShape(WeightFormat.Float32, WeightLayout.Float32N16, int.MaxValue, int.MaxValue);
        Assert.False(shape.HasSize);
        Assert.True((shape with { OutFeatures = 1 << 20 }).HasSize);
    }

    [Fact]
    public void The_checksum_sees_every_byte_and_the_length()
    {
        byte[] bytes = new Drawn(3).Codes(8 * 13);
        var seen = new HashSet<ulong>();
        fixed (byte* data = bytes)
        {
            for (int words = 0; words <= 13; words++)
            {
                Assert.True(seen.Add(BlobHeader.Checksum(data, 8 * words)));
            }

            for (int i = 0; i < bytes.Length; i++)
            {
                data[i] ^= 0x80;
                Assert.True(seen.Add(BlobHeader.Checksum(data, bytes.Length)));
                data[i] ^= 0x80;
            }
        }
    }

    [Fact]
    public void The_header_is_laid_out_as_documented()
    {
        WeightFormat format = WeightFormat.Int4Group(32);
        var shape = new PackedShape(format, WeightLayout.Int4Sme2, 9, 64, 32);
        using BlobMemory memory = Packer.Pack(shape, new Drawn(1).Weights(format, 9, 64), []);
        var header = new ReadOnlySpan<byte>(memory.Address, PackedShape.HeaderSize);
        Assert.True(header.StartsWith("KSPACKED"u8));
        Assert.Equal([2, 2, 6, 32], new[] { 8, 12, 16, 20 }.Select(offset => *(int*)(memory.Address + offset)));
        Assert.Equal(9, *(long*)(memory.Address + 24));
        Assert.Equal(64, *(long*)(memory.Address + 32));
        Assert.Equal(0, *(int*)(memory.Address + 40));
        Assert.Equal(shape.BlobBytes - 128, *(long*)(memory.Address + 48));
        Assert.Equal(32, *(int*)(memory.Address + 64));
    }

    private static IEnumerable<(PackedShape Shape, QuantizedWeights Weights, float[] Bias)> Draw(WeightLayout layout, int vectorBytes)
    {
        WeightKind kind = PackedLayout.Find(layout)!.Kind;
        foreach (int n in new[] { 1, 8, 15, 33, 70 })
        {
            foreach ((int group, int k) in new[] { (32, 96), (96, 192), (32, 1), (32, 37) })
            {
                WeightFormat format = Formats.Of(kind, group);
                if (format.Fits(k))
                {
                    var drawn = new Drawn(n + k + group);
                    yield return (new PackedShape(format, layout, n, k, vectorBytes), drawn.Weights(format, n, k), drawn.Values(n));
                }
            }
        }
    }
}
