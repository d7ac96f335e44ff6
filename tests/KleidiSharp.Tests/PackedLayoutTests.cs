// SPDX-License-Identifier: Apache-2.0
using System.Buffers.Binary;
using KleidiSharp.Interop;

namespace KleidiSharp.Tests;

/// <summary>The formulas of the packed layouts in C#, against the header's words and against the native library.</summary>
public sealed unsafe class PackedLayoutTests
{
    public static TheoryData<WeightLayout, int, int, int> Shapes()
    {
        var shapes = new TheoryData<WeightLayout, int, int, int>();
        foreach (int n in new[] { 1, 8, 15, 33 })
        {
            shapes.Add(WeightLayout.Float32N16, 0, n, 1);
            shapes.Add(WeightLayout.Float32N16, 0, n, 37);
            foreach (WeightLayout layout in new[] { WeightLayout.Int4N32K4, WeightLayout.Int4N8K8, WeightLayout.Int4N8K16 })
            {
                shapes.Add(layout, 32, n, 96);
                shapes.Add(layout, 96, n, 192);
            }
        }

        return shapes;
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Unpacking_gives_what_was_packed(WeightLayout layout, int group, int n, int k)
    {
        (PackedShape shape, float[] values, QuantizedWeights? codes, float[] bias) = Draw(layout, group, n, k);
        using BlobMemory memory = Pack(shape, values, codes, bias);
        PackedBlob blob = BlobHeader.Read(memory, "the blob", verify: true);
        Assert.Equal(shape, blob.Shape);
        Assert.True(blob.HasBias);
        UnpackedWeights unpacked = UnpackedWeights.From(blob);
        Parity.AssertSameBits(values, unpacked.Values);
        Parity.AssertSameBits(bias, unpacked.Bias);
        if (codes is not null)
        {
            Assert.True(codes.Codes.SequenceEqual(unpacked.Codes));
            Assert.Equal(codes.ExactBFloat16Scales(), unpacked.Scales);
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
        (PackedShape shape, float[] values, QuantizedWeights? codes, float[] bias) = Draw(layout, Group, N, K);
        using BlobMemory memory = Pack(shape, values, codes, bias);
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
                    float scale = Row(column) is int row ? codes!.RowScales(row)[group] : 0;
                    Assert.Equal(BFloat16.Round(scale), *(ushort*)(memory.Address + at));
                }
            }

            for (int column = first; column < first + columns; column++, at += 4)
            {
                Parity.AssertSameBits([Row(column) is int row ? ReferenceKernels.RowSum(codes!, row) : 0], [*(float*)(memory.Address + at)]);
            }

            for (int column = first; column < first + columns; column++, at += 4)
            {
                Parity.AssertSameBits([Row(column) is int row ? bias[row] : 0], [*(float*)(memory.Address + at)]);
            }
        }

        Assert.Equal(memory.Size, (at + 63) / 64 * 64);
        Assert.Equal(shape.BlobBytes, memory.Size);

        int? Row(int column) => column < N ? column : layout == WeightLayout.Int4N32K4 ? null : N - 1;
        int Code(int column, int k) => Row(column) is int row ? PackedLayout.Code(codes!.RowCodes(row), k) : 8;
    }

    [SkippableTheory]
    [MemberData(nameof(Shapes))]
    public void The_native_library_packs_the_same_bytes(WeightLayout layout, int group, int n, int k)
    {
        Require.Native();
        (PackedShape shape, float[] values, QuantizedWeights? codes, float[] bias) = Draw(layout, group, n, k);
        foreach (float[] used in new[] { bias, [] })
        {
            using BlobMemory memory = Pack(shape, values, codes, used);
            using var native = new NativeBackend(1);
            using BlobMemory nativeMemory = native.Pack(shape, Source(values, codes, used));
            var expected = new ReadOnlySpan<byte>(memory.Address, (int)memory.Size);
            var actual = new ReadOnlySpan<byte>(nativeMemory.Address, (int)nativeMemory.Size);
            Assert.Equal(expected.Length, actual.CommonPrefixLength(expected));
            Assert.Equal(expected.Length, actual.Length);
        }
    }

    [SkippableTheory]
    [MemberData(nameof(Shapes))]
    public void The_native_library_unpacks_what_was_packed_here(WeightLayout layout, int group, int n, int k)
    {
        Require.Native();
        (PackedShape shape, float[] values, QuantizedWeights? codes, float[] bias) = Draw(layout, group, n, k);
        using BlobMemory memory = Pack(shape, values, codes, bias);
        var unpacked = new UnpackedWeights(shape);
        fixed (void* weights = codes is null ? System.Runtime.InteropServices.MemoryMarshal.AsBytes(unpacked.Values.AsSpan()) : unpacked.Codes)
        fixed (ushort* scales = unpacked.Scales)
        fixed (float* unpackedBias = unpacked.Bias)
        {
            var args = new ks_unpack_args
            {
                struct_size = (uint)sizeof(ks_unpack_args),
                packed = memory.Address,
                packed_size = (ulong)memory.Size,
                weights = weights,
                weights_size = (ulong)shape.WeightBytes,
                scales = scales,
                scales_count = (ulong)unpacked.Scales.Length,
                bias = unpackedBias,
                bias_count = (ulong)n,
            };
            NativeStatus.ThrowIfFailed(NativeMethods.ks_unpack(&args));
        }

        Parity.AssertSameBits(values, unpacked.Values);
        Parity.AssertSameBits(bias, unpacked.Bias);
        Assert.True(codes is null || codes.Codes.SequenceEqual(unpacked.Codes));
        Assert.True(codes is null || codes.ExactBFloat16Scales().AsSpan().SequenceEqual(unpacked.Scales));
    }

    [Fact]
    public void Panels_beyond_a_span_are_refused()
    {
        using var managed = new ManagedBackend(1);
        var error = Assert.Throws<NotSupportedException>(() => managed.Pack(
            new PackedShape(WeightFormat.Float32, WeightLayout.Float32N16, 1, 40_000_000), new PackSource { Values = new float[1] }));
        Assert.Contains("f32 weights [1, 40000000] takes 2560000064 bytes", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void F32_bytes_stand_where_the_header_says()
    {
        (PackedShape shape, float[] values, _, float[] bias) = Draw(WeightLayout.Float32N16, 0, 18, 3);
        using BlobMemory memory = Pack(shape, values, null, bias);
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
        (PackedShape shape, float[] values, QuantizedWeights? codes, _) = Draw(WeightLayout.Int4N8K8, 32, 9, 64);
        using BlobMemory memory = Pack(shape, values, codes, []);
        var header = new ReadOnlySpan<byte>(memory.Address, PackedShape.HeaderSize);
        Assert.True(header.StartsWith("KSPACKED"u8));
        Assert.Equal([1, 2, 3, 32], new[] { 8, 12, 16, 20 }.Select(offset => *(int*)(memory.Address + offset)));
        Assert.Equal(9, BinaryPrimitives.ReadInt64LittleEndian(header[24..]));
        Assert.Equal(64, BinaryPrimitives.ReadInt64LittleEndian(header[32..]));
        Assert.Equal(0, BinaryPrimitives.ReadInt32LittleEndian(header[40..]));
        Assert.Equal(shape.BlobBytes - 128, BinaryPrimitives.ReadInt64LittleEndian(header[48..]));
    }

    private static (PackedShape Shape, float[] Values, QuantizedWeights? Codes, float[] Bias) Draw(WeightLayout layout, int group, int n, int k)
    {
        var drawn = new Drawn(n + k + group);
        if (group == 0)
        {
            return (new PackedShape(WeightFormat.Float32, layout, n, k), drawn.Values(n * k), null, drawn.Values(n));
        }

        WeightFormat format = WeightFormat.Int4Group(group);
        return (new PackedShape(format, layout, n, k), [], drawn.Weights(format, n, k), drawn.Values(n));
    }

    private static PackSource Source(float[] values, QuantizedWeights? codes, float[] bias) => codes is null
        ? new PackSource { Values = values, Bias = bias }
        : new PackSource { Codes = codes.Codes, Scales = codes.ExactBFloat16Scales(), Bias = bias };

    private static BlobMemory Pack(PackedShape shape, float[] values, QuantizedWeights? codes, float[] bias)
    {
        using var managed = new ManagedBackend(2);
        return managed.Pack(shape, Source(values, codes, bias));
    }
}
