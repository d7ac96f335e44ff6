// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp.Tests.Lifetime;

/// <summary>
/// Weights are disposed of while other threads unpack, save and convert them: what began ends with the right values, and
/// the next is refused. For multiplications see <see cref="Hostile.DisposalDuringCallTests"/>.
/// </summary>
public sealed class DisposalDuringUseTests : IDisposable
{
    private const int N = 96, K = 256, Rounds = 10;

    private static readonly WeightFormat s_int4 = WeightFormat.Int4Group(32);

    private readonly string file = Path.GetTempFileName();
    private readonly string saved = Path.GetTempFileName();
    private readonly float[] bias = new Drawn(4).Values(N);

    public static TheoryData<ComputeBackend, bool> Cases => new()
    {
        { ComputeBackend.Managed, false },
        { ComputeBackend.Managed, true },
        { ComputeBackend.Native, false },
        { ComputeBackend.Native, true },
    };

    public void Dispose()
    {
        File.Delete(file);
        File.Delete(saved);
    }

    [SkippableTheory]
    [MemberData(nameof(Cases))]
    public void What_began_ends_and_the_next_is_refused(ComputeBackend backend, bool mapped)
    {
        using ComputeContext compute = Require.Context(backend, threads: 2);
        float[] expected;
        using (PackedWeights weights = Pack(compute))
        {
            weights.Save(file);
            expected = weights.UnpackValues();
        }

        byte[] bytes = File.ReadAllBytes(file);
        for (int round = 0; round < Rounds; round++)
        {
            PackedWeights weights = mapped ? PackedWeights.Map(file, compute: compute) : Pack(compute);
            Action[] uses =
            [
                () => Parity.AssertSameBits(expected, weights.UnpackValues()),
                () => Parity.AssertSameBits(bias, weights.UnpackBias()),
                () => Parity.AssertSameBits(expected, weights.Unpack().Dequantize()),
                () =>
                {
                    using PackedWeights again = weights.Repack(compute);
                    Parity.AssertSameBits(expected, again.UnpackValues());
                },
                () =>
                {
                    weights.Save(saved);
                    Assert.Equal(bytes, File.ReadAllBytes(saved));
                },
            ];
            UntilDisposed.Run(uses, weights);
            Assert.All(uses, use => Assert.Throws<ObjectDisposedException>(use));
        }
    }

    private PackedWeights Pack(ComputeContext compute) =>
        PackedWeights.Quantize(new Drawn(3).Values(N * K), N, K, s_int4, bias, compute);
}
