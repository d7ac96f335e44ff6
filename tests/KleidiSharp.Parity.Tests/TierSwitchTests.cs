// SPDX-License-Identifier: Apache-2.0
using KleidiSharp.Interop;
using Xunit.Abstractions;

namespace KleidiSharp.KernelTests;

/// <summary>Every tier can be switched off; the next one takes over, and no bit changes.</summary>
public sealed class TierSwitchTests(ITestOutputHelper output)
{
    private const int OutFeatures = 40;
    private const int InFeatures = 64;

    public static TheoryData<string> Cpus { get; } = new(EmulatedCpu.List());

    [SkippableFact]
    public void Of_this_process()
    {
        Require.That(NativeLoader.TryLoad(out string? failure), failure ?? string.Empty);
        SwitchOff("this process", device: null);
    }

    [SkippableTheory]
    [MemberData(nameof(Cpus))]
    public void Of_an_emulated_processor(string cpu)
    {
        using KernelDevice device = EmulatedCpu.Start(cpu);
        SwitchOff(cpu, device);
    }

    private void SwitchOff(string host, KernelDevice? device)
    {
        foreach (WeightKind kind in Enum.GetValues<WeightKind>())
        {
            WeightFormat format = kind switch
            {
                WeightKind.Int4Group => WeightFormat.Int4Group(32),
                WeightKind.Int4Asymmetric => WeightFormat.Int4Asymmetric(32),
                _ => WeightFormat.From(kind, 0)!.Value,
            };
            var seen = new HashSet<KernelTiers>();
            foreach (int rows in new[] { 1, 20 })
            {
                var matrix = new Matrix(format, rows);
                KernelTiers[] tiers = InTurn(matrix, device);
                EachAlone(matrix, device);
                seen.UnionWith(tiers);
                output.WriteLine($"{host}: {format}, m = {rows}: {string.Join(" > ", tiers.Select(TierNames.Format))}");
            }

            using ComputeContext all = Open(device, KernelTiers.None);
            Assert.Equal(Usable(all, kind).Order(), seen.Order());
        }
    }

    // The best first, with all that are better switched off; the last is portable, and then none is left.
    private static KernelTiers[] InTurn(Matrix matrix, KernelDevice? device)
    {
        var tiers = new List<KernelTiers>();
        KernelTiers off = KernelTiers.None;
        while (off == KernelTiers.None || tiers[^1] != KernelTiers.Portable)
        {
            using ComputeContext compute = Open(device, off);
            KernelChoice choice = matrix.Check(compute);
            Assert.DoesNotContain(choice.Kernel.Tier, tiers);
            tiers.Add(choice.Kernel.Tier);
            off |= choice.Kernel.Tier;
        }

        using ComputeContext nothing = Open(device, off);
        Assert.Throws<PlatformNotSupportedException>(() => matrix.Check(nothing));
        return [.. tiers];
    }

    // A tier that is off does not run; the best one is named, unless weights are packed for other kernels instead.
    private static void EachAlone(Matrix matrix, KernelDevice? device)
    {
        using ComputeContext all = Open(device, KernelTiers.None);
        KernelInfo best = matrix.Check(all).Kernel;
        foreach (KernelTiers tier in Usable(all, matrix.Format.Kind))
        {
            using ComputeContext compute = Open(device, tier);
            KernelChoice choice = matrix.Check(compute);
            Assert.NotEqual(tier, choice.Kernel.Tier);
            if (tier == best.Tier && choice.Kernel.Layout == best.Layout)
            {
                Assert.Contains(choice.Rejected, kernel => kernel.Reason == KernelReject.Tier && kernel.Kernel.Tier == tier);
            }
        }
    }

    private static IEnumerable<KernelTiers> Usable(ComputeContext compute, WeightKind kind) => compute.Kernels
        .Where(kernel => kernel.Kind == kind && kernel.IsUsable).Select(kernel => kernel.Tier).Distinct();

    private static ComputeContext Open(KernelDevice? device, KernelTiers off) => new(new ComputeOptions
    {
        Device = device,
        Backend = device is null ? ComputeBackend.Native : ComputeBackend.Auto,
        Threads = 1,
        EnabledTiers = KernelTiers.Sme | KernelTiers.Sme2,
        DisabledTiers = off,
    });

    /// <summary>A multiplication with what the reference makes of it.</summary>
    private sealed class Matrix
    {
        private readonly float[] weights;
        private readonly float[] x;
        private readonly float[] expected;
        private readonly int rows;

        public Matrix(WeightFormat format, int rows)
        {
            Format = format;
            this.rows = rows;
            var random = new Random(rows);
            weights = Numbers(OutFeatures * InFeatures);
            x = Numbers(rows * InFeatures);
            expected = new float[rows * OutFeatures];
            ReferenceKernels.MatMul(
                ReferenceKernels.Quantize(weights, OutFeatures, InFeatures, format), [], x, expected, rows);

            float[] Numbers(int count) => [.. Enumerable.Range(0, count).Select(_ => random.NextSingle() - 0.5f)];
        }

        public WeightFormat Format { get; }

        /// <summary>Multiplies, compares, and says which kernel it was.</summary>
        public KernelChoice Check(ComputeContext compute)
        {
            using PackedWeights packed =
                PackedWeights.Quantize(weights, OutFeatures, InFeatures, Format, compute: compute);
            var y = new float[expected.Length];
            packed.MatMul(x, y, rows);
            Parity.AssertSameBits(expected, y);
            KernelChoice choice = packed.KernelFor(rows);
            Assert.Equal(KernelTiers.None, choice.Kernel.Tier & compute.DisabledTiers);
            return choice;
        }
    }
}
