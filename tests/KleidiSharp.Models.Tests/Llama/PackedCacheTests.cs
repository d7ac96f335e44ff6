// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp.Models.Tests;

/// <summary>The folder of <see cref="LoadOptions.PackedCache"/>.</summary>
public sealed class PackedCacheTests : IDisposable
{
    private readonly string folder = Path.Combine(Path.GetTempPath(), $"kleidisharp-{Guid.NewGuid():N}", "made");
    private readonly TemporaryFile model = new TinyLlama(tied: false, biases: true).ToFile();

    private LoadOptions Options => new() { PackedCache = folder };

    public void Dispose()
    {
        model.Dispose();
        Directory.Delete(Path.GetDirectoryName(folder)!, recursive: true);
    }

    [Theory]
    [InlineData("int4")]
    [InlineData("int8")]
    [InlineData("f32")]
    public void What_is_mapped_gives_the_same_logits_and_the_same_report(string weights)
    {
        LoadOptions options = Options with
        {
            Weights = weights switch
            {
                "int4" => WeightFormat.Int4Group(32),
                "int8" => WeightFormat.Int8Channel,
                _ => WeightFormat.Float32,
            },
        };
        using LlamaModel packed = LlamaModel.Load(model.Name, options with { PackedCache = null });
        using LlamaModel first = LlamaModel.Load(model.Name, options);
        string file = Assert.Single(Directory.GetFiles(folder));
        DateTime written = MakeOld(file);
        using LlamaModel later = LlamaModel.Load(model.Name, options);

        Assert.Equal([file], Directory.GetFiles(folder));
        Assert.Equal(written, File.GetLastWriteTimeUtc(file));
        foreach (LlamaModel mapped in new[] { first, later })
        {
            Assert.Equal(Logits(packed), Logits(mapped));
            Assert.Equal(
                packed.Report.Layers.Select(layer => (layer.Tensor.Name, layer.Format, layer.ByteSize, layer.FallbackReason)),
                mapped.Report.Layers.Select(layer => (layer.Tensor.Name, layer.Format, layer.ByteSize, layer.FallbackReason)));
        }
    }

    [Fact]
    public void Formats_mappings_and_kernels_have_files_of_their_own()
    {
        LlamaModel.Load(model.Name, Options).Dispose();
        LlamaModel.Load(model.Name, Options with { Mapping = Int4Mapping.Symmetric }).Dispose();
        LlamaModel.Load(model.Name, Options with { Weights = WeightFormat.Int8Channel }).Dispose();
        using var managed = new ComputeContext(new ComputeOptions { Backend = ComputeBackend.Managed });
        LlamaModel.Load(model.Name, Options with { Compute = managed }).Dispose();
        using TemporaryFile other = new TinyLlama(seed: 2, tied: false, biases: true).ToFile();
        LlamaModel.Load(other.Name, Options).Dispose();

        string[] files = Directory.GetFiles(folder);
        Assert.Equal(ComputeContext.Default.Backend == ComputeBackend.Managed ? 4 : 5, files.Length);
        Assert.Equal(files.Length - 1, files.Count(file => Path.GetFileName(file).StartsWith(Path.GetFileName(model.Name), StringComparison.Ordinal)));
    }

    [Fact]
    public void A_model_that_changed_is_packed_anew()
    {
        LlamaModel.Load(model.Name, Options).Dispose();
        string file = Assert.Single(Directory.GetFiles(folder));

        // Another time alone.
        DateTime time = File.GetLastWriteTimeUtc(model.Name).AddHours(-1);
        File.SetLastWriteTimeUtc(model.Name, time);
        AssertMadeAnew(file);

        // Other weights.
        using TemporaryFile changed = new TinyLlama(seed: 9, tied: false, biases: true).ToFile();
        File.Copy(changed.Name, model.Name, overwrite: true);
        AssertMadeAnew(file);

        // The metadata alone: length and time stay.
        time = File.GetLastWriteTimeUtc(model.Name);
        byte[] bytes = File.ReadAllBytes(model.Name);
        int token = bytes.AsSpan().IndexOf("<3>"u8);
        bytes[token + 1] = (byte)'4';
        File.WriteAllBytes(model.Name, bytes);
        File.SetLastWriteTimeUtc(model.Name, time);
        AssertMadeAnew(file);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(63)]
    [InlineData(64)]
    [InlineData(1000)]
    [InlineData(-1)]
    public void A_file_that_was_cut_is_made_anew(int length)
    {
        LlamaModel.Load(model.Name, Options).Dispose();
        string file = Assert.Single(Directory.GetFiles(folder));
        using (FileStream stream = File.OpenWrite(file))
        {
            stream.SetLength(length < 0 ? stream.Length + length : length);
        }

        AssertMadeAnew(file);
    }

    [Fact]
    public void A_header_that_was_changed_is_made_anew()
    {
        LlamaModel.Load(model.Name, Options).Dispose();
        string file = Assert.Single(Directory.GetFiles(folder));
        for (int at = 0; at < 64; at++)
        {
            Change(file, at);
            AssertMadeAnew(file);
        }
    }

    [Fact]
    public void A_matrix_whose_header_was_changed_is_refused_by_name()
    {
        LlamaModel.Load(model.Name, Options).Dispose();
        string file = Assert.Single(Directory.GetFiles(folder));
        for (int at = 64; at < 64 + 128; at++)
        {
            Change(file, at);
            var thrown = Assert.Throws<InvalidDataException>(() => LlamaModel.Load(model.Name, Options));
            Assert.Contains(file, thrown.Message, StringComparison.Ordinal);
            Change(file, at);
        }

        LlamaModel.Load(model.Name, Options).Dispose();
    }

    [Fact]
    public void A_matrix_of_another_place_is_refused_by_name()
    {
        LlamaModel.Load(model.Name, Options).Dispose();
        string file = Assert.Single(Directory.GetFiles(folder));
        byte[] bytes = File.ReadAllBytes(file);
        int second = bytes.AsSpan(65).IndexOf("KSPACKED"u8) + 65;
        bytes.AsSpan(second, 128).CopyTo(bytes.AsSpan(64));
        File.WriteAllBytes(file, bytes);

        var thrown = Assert.Throws<InvalidDataException>(() => LlamaModel.Load(model.Name, Options));
        Assert.Contains(file, thrown.Message, StringComparison.Ordinal);
        Assert.Contains("expected int4/32 [64, 32]", thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Loaders_at_once_do_not_meet()
    {
        using LlamaModel expected = LlamaModel.Load(model.Name);
        for (int round = 0; round < 10; round++)
        {
            Parallel.For(0, 4, new ParallelOptions { MaxDegreeOfParallelism = 4 }, _ =>
            {
                using LlamaModel mapped = LlamaModel.Load(model.Name, Options);
                Assert.Equal(Logits(expected), Logits(mapped));
            });
            File.Delete(Assert.Single(Directory.GetFiles(folder)));
        }
    }

    [Fact]
    public void A_model_that_is_refused_leaves_nothing_behind()
    {
        using TemporaryFile bad = new TinyLlama().ToFile(t => t["blk.1.ffn_down.weight"].Values[3] = float.NaN);
        GgufFileTests.AssertNames(
            () => LlamaModel.Load(bad.Name, Options), bad.Name, "element 3 of tensor 'blk.1.ffn_down.weight'");
        Assert.Empty(Directory.GetFiles(folder));
    }

    [Fact]
    public void A_folder_that_cannot_be_is_an_error()
    {
        Directory.CreateDirectory(folder);
        string taken = Path.Combine(folder, "taken");
        File.WriteAllText(taken, "a file");
        Assert.ThrowsAny<IOException>(() => LlamaModel.Load(model.Name, Options with { PackedCache = taken }));
    }

    private static void Change(string file, int at)
    {
        using FileStream stream = new(file, FileMode.Open, FileAccess.ReadWrite);
        stream.Position = at;
        int value = stream.ReadByte();
        stream.Position = at;
        stream.WriteByte((byte)(value ^ 0x10));
    }

    private static DateTime MakeOld(string file)
    {
        DateTime old = new(2001, 2, 3, 4, 5, 6, DateTimeKind.Utc);
        File.SetLastWriteTimeUtc(file, old);
        return old;
    }

    private void AssertMadeAnew(string file)
    {
        DateTime old = MakeOld(file);
        using LlamaModel expected = LlamaModel.Load(model.Name);
        using LlamaModel made = LlamaModel.Load(model.Name, Options);
        Assert.Equal([file], Directory.GetFiles(folder));
        Assert.NotEqual(old, File.GetLastWriteTimeUtc(file));
        Assert.Equal(Logits(expected), Logits(made));
    }

    private static float[] Logits(LlamaModel model)
    {
        using LlamaSession session = model.CreateSession();
        return session.Forward([1, 5, 9, 20]).ToArray();
    }
}
