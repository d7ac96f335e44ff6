// SPDX-License-Identifier: Apache-2.0
using System.Buffers.Binary;

namespace KleidiSharp.Tests;

public sealed unsafe class PackedFileTests : IDisposable
{
    private static readonly WeightFormat s_int4 = WeightFormat.Int4Group(32);

    private readonly ComputeContext managed = new(new ComputeOptions { Backend = ComputeBackend.Managed, Threads = 1 });
    private readonly string folder = Directory.CreateTempSubdirectory("kleidisharp-").FullName;

    private string File1 => Path.Combine(folder, "layer.kpw");

    public void Dispose()
    {
        managed.Dispose();
        Directory.Delete(folder, recursive: true);
    }

    [SkippableTheory]
    [InlineData(ComputeBackend.Managed, 0)]
    [InlineData(ComputeBackend.Managed, 32)]
    [InlineData(ComputeBackend.Native, 0)]
    [InlineData(ComputeBackend.Native, 32)]
    public void What_is_saved_is_mapped(ComputeBackend backend, int group)
    {
        using ComputeContext compute = Require.Context(backend);
        WeightFormat format = group == 0 ? WeightFormat.Float32 : WeightFormat.Int4Group(group);
        var drawn = new Drawn(1);
        float[] x = drawn.Values(2 * 64);
        var expected = new float[2 * 19];
        var actual = new float[2 * 19];
        using (PackedWeights packed = PackedWeights.Quantize(drawn.Values(19 * 64), 19, 64, format, drawn.Values(19), compute))
        {
            packed.MatMul(x, expected, 2);
            packed.Save(File1);
            packed.Save(File1);
            Assert.Equal(packed.ByteSize, new FileInfo(File1).Length);
        }

        Assert.Equal([File1], Directory.GetFiles(folder));
        using PackedWeights mapped = PackedWeights.Map(File1, compute: compute);
        Assert.Equal((19, 64, format, true), (mapped.OutFeatures, mapped.InFeatures, mapped.Format, mapped.HasBias));
        mapped.MatMul(x, actual, 2);
        Parity.AssertSameBits(expected, actual);

        // A file that is open may be replaced by itself.
        mapped.Save(File1);
        mapped.MatMul(x, actual, 2);
        Parity.AssertSameBits(expected, actual);
        using PackedWeights loaded = PackedWeights.Load(File1, compute: compute);
        loaded.MatMul(x, actual, 2);
        Parity.AssertSameBits(expected, actual);
    }

    [Fact]
    public void A_file_that_cannot_be_written_leaves_nothing_behind()
    {
        using PackedWeights packed = Pack();
        Directory.CreateDirectory(File1);
        File.WriteAllText(Path.Combine(File1, "kept"), "kept");
        Assert.ThrowsAny<SystemException>(() => packed.Save(File1));
        Assert.Empty(Directory.GetFiles(folder));
        Assert.Throws<DirectoryNotFoundException>(() => packed.Save(Path.Combine(folder, "missing", "layer.kpw")));
    }

    [Fact]
    public void A_missing_file_is_missing()
    {
        Assert.Throws<FileNotFoundException>(() => PackedWeights.Map(File1, compute: managed));
        Assert.Throws<ArgumentException>(() => PackedWeights.Map(string.Empty, compute: managed));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(127)]
    [InlineData(128)]
    [InlineData(-1)]
    public void A_file_that_was_cut_is_refused(int length)
    {
        byte[] bytes = Saved();
        File.WriteAllBytes(File1, bytes[..(length < 0 ? bytes.Length + length : length)]);
        AssertRefused("is truncated");
    }

    [Fact]
    public void Something_else_is_refused()
    {
        File.WriteAllText(File1, new string('x', 1000));
        AssertRefused("does not begin with KSPACKED");
    }

    [Fact]
    public void Another_version_is_refused()
    {
        byte[] bytes = Saved();
        bytes[8] = 1;
        File.WriteAllBytes(File1, bytes);
        AssertRefused("has version 1 of the format; this library reads version 2");
    }

    [Fact]
    public void Every_damaged_byte_is_noticed()
    {
        byte[] bytes = Saved();
        foreach (int position in Enumerable.Range(12, PackedShape.HeaderSize - 12).Concat([128, 200, bytes.Length - 1]))
        {
            byte[] damaged = [.. bytes];
            damaged[position] ^= 0x10;
            File.WriteAllBytes(File1, damaged);
            AssertRefused("is corrupt");
        }

        // Damage of the panels is not looked for where the caller says so.
        bytes[200] ^= 0x10;
        File.WriteAllBytes(File1, bytes);
        using PackedWeights mapped = PackedWeights.Map(File1, verifyChecksum: false, managed);
        mapped.MatMul(new float[64], new float[19], 1);
    }

    // Headers whose checksum is right, and which lie.
    [Theory]
    [InlineData(12, 7, "format 7,")]
    [InlineData(16, 1, "layout 1,")]
    [InlineData(16, 9, "layout 9,")]
    [InlineData(20, 48, "group 48,")]
    [InlineData(20, 0, "group 0,")]
    [InlineData(24, 0, "n 0,")]
    [InlineData(24, -1, "n -1,")]
    [InlineData(24, long.MaxValue, "n 9223372036854775807,")]
    [InlineData(24, int.MaxValue, "but n 2147483647,")]
    [InlineData(24, 20, "is corrupt")]
    [InlineData(32, 48, "k 48.")]
    [InlineData(32, 96, "k 96 and group")]
    [InlineData(40, 2, "contradicts itself")]
    [InlineData(48, 64, "says panels of 64 bytes,")]
    [InlineData(64, 16, "vector bytes 16,")]
    [InlineData(68, 1, "contradicts itself")]
    public void A_lying_header_is_refused(int offset, long value, string message)
    {
        byte[] bytes = Saved(n: 33);
        if (offset is 24 or 32 or 48)
        {
            BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(offset), value);
        }
        else
        {
            BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(offset), (int)value);
        }

        Reseal(bytes);
        AssertRefused(message);
    }

    [Fact]
    public void A_header_of_a_shape_whose_size_overflows_is_refused()
    {
        using (PackedWeights packed = PackedWeights.Quantize(new float[1], 1, 1, WeightFormat.Float32, compute: managed))
        {
            packed.Save(File1);
        }

        byte[] bytes = File.ReadAllBytes(File1);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(24), int.MaxValue);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(32), int.MaxValue);
        Reseal(bytes);
        AssertRefused("impossible shape");
    }

    [Fact]
    public void A_file_that_cannot_be_loaded_is_closed()
    {
        Saved();
        using var none = new ComputeContext(new ComputeOptions { Backend = ComputeBackend.Managed, Threads = 1, DisabledTiers = KernelTiers.Managed });
        Assert.Throws<PlatformNotSupportedException>(() => PackedWeights.Load(File1, compute: none));
        Assert.DoesNotContain(File.ReadLines("/proc/self/maps"), line => line.EndsWith(File1, StringComparison.Ordinal));
    }

    [Fact]
    public void A_file_may_be_longer_than_its_blob()
    {
        byte[] bytes = Saved();
        File.WriteAllBytes(File1, [.. bytes, .. new byte[100]]);
        using PackedWeights mapped = PackedWeights.Map(File1, compute: managed);
        Assert.Equal(bytes.Length, mapped.ByteSize);
        string copy = Path.Combine(folder, "copy");
        mapped.Save(copy);
        Assert.Equal(bytes, File.ReadAllBytes(copy));
    }

    [SkippableTheory]
    [InlineData(ComputeBackend.Managed)]
    [InlineData(ComputeBackend.Native)]
    public void A_layout_of_another_processor_is_refused_by_mapping_and_converted_by_loading(ComputeBackend backend)
    {
        using ComputeContext compute = Require.Context(backend);
        var drawn = new Drawn(5);
        QuantizedWeights weights = drawn.Weights(s_int4, 19, 64);
        float[] bias = drawn.Values(19);

        // A layout that no kernel of the context reads.
        WeightLayout foreign = new[] { WeightLayout.Int4N8K8, WeightLayout.Int4N8K16, WeightLayout.Int4N32K4 }
            .First(layout => !compute.Kernels.Any(kernel => kernel.Layout == layout && kernel.IsUsable));
        using (BlobMemory memory = Packer.Pack(new PackedShape(s_int4, foreign, 19, 64), weights, bias))
        {
            PackedFile.Save(BlobHeader.Read(memory, "the blob", verify: true), File1);
        }

        var error = Assert.Throws<PlatformNotSupportedException>(() => PackedWeights.Map(File1, compute: compute));
        Assert.Contains($"{File1} is packed as {foreign}, which needs", error.Message, StringComparison.Ordinal);
        Assert.Contains($"here is {compute.Cpu}", error.Message, StringComparison.Ordinal);
        Assert.Contains("PackedWeights.Load converts it", error.Message, StringComparison.Ordinal);

        using PackedWeights loaded = PackedWeights.Load(File1, compute: compute);
        Assert.NotEqual(foreign, loaded.Layout);
        Assert.True(weights.Codes.SequenceEqual(loaded.Unpack().Codes));
        Parity.AssertSameBits(bias, loaded.UnpackBias());
    }

    [Fact]
    public void The_file_is_closed_with_the_weights()
    {
        Saved();
        PackedWeights mapped = PackedWeights.Map(File1, compute: managed);
        mapped.Dispose();
        Assert.Throws<ObjectDisposedException>(() => mapped.MatMul(new float[64], new float[19], 1));
        Assert.DoesNotContain(File.ReadLines("/proc/self/maps"), line => line.EndsWith(File1, StringComparison.Ordinal));
    }

    private PackedWeights Pack(int n = 19) => PackedWeights.Pack(new Drawn(4).Weights(s_int4, n, 64), compute: managed);

    private byte[] Saved(int n = 19)
    {
        using PackedWeights packed = Pack(n);
        packed.Save(File1);
        return File.ReadAllBytes(File1);
    }

    private void Reseal(byte[] bytes)
    {
        fixed (byte* header = bytes)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(120), BlobHeader.Checksum(header, 120));
        }

        File.WriteAllBytes(File1, bytes);
    }

    private void AssertRefused(string message)
    {
        foreach (Func<PackedWeights> open in new Func<PackedWeights>[]
        {
            () => PackedWeights.Map(File1, compute: managed), () => PackedWeights.Load(File1, compute: managed),
        })
        {
            string text = Assert.Throws<InvalidDataException>(open).Message;
            Assert.Contains(message, text, StringComparison.Ordinal);
            Assert.Contains(File1, text, StringComparison.Ordinal);
        }
    }
}
