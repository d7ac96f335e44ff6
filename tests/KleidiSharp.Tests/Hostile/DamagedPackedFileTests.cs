// SPDX-License-Identifier: Apache-2.0
using System.Buffers.Binary;

namespace KleidiSharp.Tests.Hostile;

/// <summary>Whatever byte of a packed file is missing or wrong: the file is refused by name, or its weights are right.</summary>
public sealed unsafe class DamagedPackedFileTests : IDisposable
{
    private const int N = 9;

    private readonly string folder = Directory.CreateTempSubdirectory("kleidisharp-").FullName;

    private string Damaged => Path.Combine(folder, "damaged.kpw");

    public static TheoryData<ComputeBackend, WeightKind> Cases => Of(WeightKind.Float32, WeightKind.Int4Group);

    public static TheoryData<ComputeBackend, WeightKind> AllCases => Of(Enum.GetValues<WeightKind>());

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [SkippableTheory]
    [MemberData(nameof(Cases))]
    public void A_file_cut_at_any_byte_is_refused(ComputeBackend backend, WeightKind kind)
    {
        using ComputeContext compute = Require.Context(backend);
        byte[] whole = Saved(compute, kind);
        for (int length = 0; length < whole.Length; length++)
        {
            File.WriteAllBytes(Damaged, whole[..length]);
            AssertRefused(compute, $"{length} bytes");
        }
    }

    [SkippableTheory]
    [MemberData(nameof(Cases))]
    public void A_file_with_any_byte_changed_is_refused(ComputeBackend backend, WeightKind kind)
    {
        using ComputeContext compute = Require.Context(backend);
        byte[] whole = Saved(compute, kind);
        for (int position = 0; position < whole.Length; position++)
        {
            foreach (byte value in position < PackedShape.HeaderSize ? Others(whole[position]) : [(byte)(whole[position] ^ 0x10)])
            {
                byte[] changed = [.. whole];
                changed[position] = value;
                File.WriteAllBytes(Damaged, changed);
                AssertRefused(compute, $"byte {position} as {value}");
            }
        }
    }

    // Not damage but a lie: what the checksum cannot tell must at least do no harm.
    [SkippableTheory]
    [MemberData(nameof(AllCases))]
    public void A_header_with_any_byte_forged_is_refused_or_fits_its_panels(ComputeBackend backend, WeightKind kind)
    {
        using ComputeContext compute = Require.Context(backend);
        byte[] whole = Saved(compute, kind);
        int refused = 0, opened = 0;
        for (int position = 0; position < PackedShape.HeaderSize - sizeof(ulong); position++)
        {
            foreach (byte value in Others(whole[position]))
            {
                byte[] forged = [.. whole];
                forged[position] = value;
                fixed (byte* header = forged)
                {
                    BinaryPrimitives.WriteUInt64LittleEndian(
                        forged.AsSpan(PackedShape.HeaderSize - sizeof(ulong)),
                        BlobHeader.Checksum(header, PackedShape.HeaderSize - sizeof(ulong)));
                }

                File.WriteAllBytes(Damaged, forged);
                try
                {
                    using PackedWeights weights = PackedWeights.Load(Damaged, compute: compute);
                    weights.MatMul(new float[2 * weights.InFeatures], new float[2 * weights.OutFeatures], 2);
                    Assert.Equal((long)weights.OutFeatures * weights.InFeatures, weights.UnpackValues().Length);
                    opened++;
                }
                catch (Exception refusal) when (refusal is InvalidDataException or PlatformNotSupportedException)
                {
                    Assert.Contains(Damaged, refusal.Message, StringComparison.Ordinal);
                    refused++;
                }
            }
        }

        // Layouts and formats of one panel size, columns that only fill a panel, and whether there is a bias.
        Assert.InRange(opened, 1, 20);
        Assert.True(refused > 300, $"{refused} refused");
    }

    private static TheoryData<ComputeBackend, WeightKind> Of(params WeightKind[] kinds)
    {
        var cases = new TheoryData<ComputeBackend, WeightKind>();
        foreach (WeightKind kind in kinds)
        {
            cases.Add(ComputeBackend.Managed, kind);
            cases.Add(ComputeBackend.Native, kind);
        }

        return cases;
    }

    private static IEnumerable<byte> Others(byte right) =>
        new[] { (byte)(right ^ 1), (byte)(right ^ 0x80), (byte)(right + 1), (byte)0, (byte)0xFF }.Distinct().Where(value => value != right);

    private byte[] Saved(ComputeContext compute, WeightKind kind)
    {
        var drawn = new Drawn(3);
        WeightFormat format = Formats.Of(kind, 32);
        int k = kind == WeightKind.Float32 ? 7 : 64;
        using PackedWeights packed = PackedWeights.Quantize(drawn.Values(N * k), N, k, format, drawn.Values(N), compute);
        packed.Save(Damaged);
        return File.ReadAllBytes(Damaged);
    }

    private void AssertRefused(ComputeContext compute, string damage)
    {
        foreach (Func<PackedWeights> open in new Func<PackedWeights>[]
        {
            () => PackedWeights.Map(Damaged, compute: compute), () => PackedWeights.Load(Damaged, compute: compute),
        })
        {
            Exception? refusal = Record.Exception(() => open().Dispose());
            Assert.True(
                refusal is InvalidDataException && refusal.Message.Contains(Damaged, StringComparison.Ordinal),
                $"{damage}: {refusal?.ToString() ?? "the file was accepted"}");
        }
    }
}
