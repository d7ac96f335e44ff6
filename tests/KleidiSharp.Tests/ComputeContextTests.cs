// SPDX-License-Identifier: Apache-2.0
using Microsoft.Extensions.Logging;

namespace KleidiSharp.Tests;

[Collection(SerialTests.Name)]
public sealed class ComputeContextTests
{
    [Fact]
    public void The_default_context_outlives_its_disposal()
    {
        ComputeContext shared = ComputeContext.Default;
        shared.Dispose();
        using PackedWeights weights = PackedWeights.Quantize([3f], 1, 1, WeightFormat.Float32);
        var y = new float[1];
        weights.MatMul([2f], y, 1);
        Assert.Equal(6f, y[0]);
        Assert.Same(shared, ComputeContext.Default);
        Assert.Same(shared.Kernels, KernelCatalog.All);
        Assert.Equal(shared.Cpu.ToString(), CpuFeatures.Current.ToString());
    }

    [Fact]
    public void Threads_default_to_what_the_process_may_use()
    {
        using var compute = new ComputeContext(new ComputeOptions { Backend = ComputeBackend.Managed });
        Assert.Equal(Environment.ProcessorCount, compute.Threads);
        using var three = new ComputeContext(new ComputeOptions { Backend = ComputeBackend.Managed, Threads = 3 });
        Assert.Equal(3, three.Threads);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(1025)]
    public void Impossible_numbers_of_threads_are_refused(int threads)
    {
        var error = Assert.Throws<ArgumentException>(() => new ComputeContext(new ComputeOptions { Threads = threads }));
        Assert.Contains($"Threads is {threads}; it must be 1 to 1024", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_environment_sets_threads() => WithVariable("KLEIDISHARP_THREADS", "2", () =>
    {
        using var compute = new ComputeContext(new ComputeOptions { Backend = ComputeBackend.Managed });
        Assert.Equal(2, compute.Threads);
        using var three = new ComputeContext(new ComputeOptions { Backend = ComputeBackend.Managed, Threads = 3 });
        Assert.Equal(3, three.Threads);
    });

    [Theory]
    [InlineData("KLEIDISHARP_THREADS", "0", "KLEIDISHARP_THREADS is '0'; it must be 1 to 1024")]
    [InlineData("KLEIDISHARP_THREADS", "many", "KLEIDISHARP_THREADS is 'many'")]
    [InlineData("KLEIDISHARP_DISABLE", "avx3", "KLEIDISHARP_DISABLE cannot be understood: 'avx3' is not a kernel tier")]
    public void An_environment_that_makes_no_sense_is_refused(string variable, string value, string message) => WithVariable(variable, value, () =>
    {
        var error = Assert.Throws<InvalidOperationException>(() => new ComputeContext(new ComputeOptions { Backend = ComputeBackend.Managed }));
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    });

    [SkippableFact]
    public void Tiers_are_switched_off_by_options_and_environment()
    {
        using ComputeContext all = Require.Context(ComputeBackend.Native);
        KernelInfo best = all.Kernels.First(kernel => kernel.Kind == WeightKind.Int4Group && kernel.IsUsable);
        WithVariable("KLEIDISHARP_DISABLE", TierNames.Format(best.Tier), () =>
        {
            using ComputeContext fewer = Require.Context(ComputeBackend.Native, disabled: KernelTiers.Sme2);
            Assert.Equal(best.Tier | KernelTiers.Sme2, fewer.DisabledTiers);
            Assert.All(fewer.Kernels, kernel => Assert.Equal(kernel.Tier != best.Tier && !kernel.IsOnRequest, kernel.IsEnabled));
            using PackedWeights weights = PackedWeights.Quantize(new float[64], 2, 32, WeightFormat.Int4Group(32), compute: fewer);
            KernelChoice choice = weights.KernelFor(1);
            Assert.NotEqual(best.Tier, choice.Kernel.Tier);
            Assert.Contains(choice.Rejected, rejection => rejection.Kernel.Name == best.Name && rejection.Explanation == "switched off");
            weights.MatMul(new float[32], new float[2], 1);
        });
    }

    [SkippableFact]
    public void Tiers_on_request_are_off_until_they_are_asked_for()
    {
        using ComputeContext plain = Require.Context(ComputeBackend.Native);
        KernelInfo sme = plain.Kernels.First(kernel => kernel.Tier == KernelTiers.Sme);
        Assert.True(sme is { IsOnRequest: true, IsEnabled: false, IsUsable: false });
        Assert.Equal("off unless enabled", sme.Explain(KernelReject.Tier));
        Assert.Equal(KernelTiers.Sme | KernelTiers.Sme2, plain.TiersOff);
        Assert.Equal(KernelTiers.None, plain.DisabledTiers);

        using var byOption = new ComputeContext(new ComputeOptions { Threads = 1, EnabledTiers = KernelTiers.Sme });
        Assert.Equal(KernelTiers.Sme2, byOption.TiersOff);
        Assert.True(byOption.Kernels[sme.Index].IsEnabled);
        WithVariable("KLEIDISHARP_ENABLE", "sme2,sme", () =>
        {
            using ComputeContext byVariable = Require.Context(ComputeBackend.Native, disabled: KernelTiers.Sme);
            Assert.Equal(KernelTiers.Sme, byVariable.TiersOff);
        });
        WithVariable("KLEIDISHARP_ENABLE", "sme3", () => Assert.Contains(
            "KLEIDISHARP_ENABLE cannot be understood: 'sme3'",
            Assert.Throws<InvalidOperationException>(() => Require.Context(ComputeBackend.Native)).Message,
            StringComparison.Ordinal));
    }

    [SkippableFact]
    public void A_kernel_is_forced_by_its_name()
    {
        const int m = 16;
        using ComputeContext plain = Require.Context(ComputeBackend.Native);
        float[] w = new Drawn(1).Values(40 * 64);
        float[] x = new Drawn(2).Values(m * 64);
        using PackedWeights packed = PackedWeights.Quantize(w, 40, 64, WeightFormat.Int8Channel, compute: plain);
        float[] expected = new float[m * 40], actual = new float[m * 40];
        packed.MatMul(x, expected, m);
        foreach (KernelInfo kernel in plain.Kernels.Where(
            kernel => kernel.IsUsable && kernel.Kind == WeightKind.Int8Channel && kernel.MaxRows >= m))
        {
            using var forced = new ComputeContext(new ComputeOptions { Threads = 1, Kernel = kernel.Name });
            Assert.Equal(kernel.Name, forced.Kernel);
            using PackedWeights there = packed.Repack(forced);
            Assert.Equal(kernel, there.KernelFor(m).Kernel);
            Assert.Empty(there.KernelFor(m).Rejected);
            there.MatMul(x, actual, m);
            Parity.AssertSameBits(expected, actual);

            // Other formats are not concerned.
            using PackedWeights f32 = PackedWeights.Quantize(w, 40, 64, WeightFormat.Float32, compute: forced);
            f32.MatMul(x, actual, m);
        }

        var error = Assert.Throws<ArgumentException>(() => new ComputeContext(new ComputeOptions { Kernel = "fastest" }));
        Assert.Contains("Kernel is 'fastest', of which there is none; there are ", error.Message, StringComparison.Ordinal);
        KernelInfo foreign = plain.Kernels.First(kernel => !kernel.IsCompiled && kernel.Kind == WeightKind.Int8Channel);
        using var impossible = new ComputeContext(new ComputeOptions { Threads = 1, Kernel = foreign.Name });
        Assert.Contains(
            "not compiled in",
            Assert.Throws<PlatformNotSupportedException>(() => packed.Repack(impossible)).Message,
            StringComparison.Ordinal);
    }

    [SkippableTheory]
    [InlineData(ComputeBackend.Managed)]
    [InlineData(ComputeBackend.Native)]
    public void Without_any_tier_nothing_is_packed_or_multiplied(ComputeBackend backend)
    {
        using ComputeContext none = Require.Context(backend, disabled: (KernelTiers)(-1));
        using ComputeContext some = Require.Context(backend);
        var error = Assert.Throws<PlatformNotSupportedException>(() => PackedWeights.Quantize([1f], 1, 1, WeightFormat.Float32, compute: none));
        Assert.Contains("No kernel multiplies f32 weights here", error.Message, StringComparison.Ordinal);
        Assert.Contains("switched off", error.Message, StringComparison.Ordinal);
        using PackedWeights weights = PackedWeights.Quantize([1f], 1, 1, WeightFormat.Float32, compute: some);
        Assert.Throws<PlatformNotSupportedException>(() => weights.MatMul([1f], new float[1], 1, compute: none));
        Assert.Throws<PlatformNotSupportedException>(() => weights.KernelFor(1, none));
    }

    [Fact]
    public void A_missing_library_is_one_warning_or_an_error()
    {
        const string Failure = "no library: tried /a, /b";
        using var log = new RecordedLog();
        using (var compute = new ComputeContext(new ComputeOptions { Threads = 1, LoggerFactory = log }, () => Failure))
        {
            Assert.Equal(ComputeBackend.Managed, compute.Backend);
            using PackedWeights weights = PackedWeights.Quantize([1f], 1, 1, WeightFormat.Float32, compute: compute);
            weights.MatMul([1f], new float[1], 1);
        }

        Assert.Contains(Failure, Assert.Single(log.Messages, message => message.Level == LogLevel.Warning).Text, StringComparison.Ordinal);
        Assert.Equal(Failure, Assert.Throws<DllNotFoundException>(() => new ComputeContext(new ComputeOptions { RequireNative = true }, () => Failure)).Message);
        Assert.Equal(Failure, Assert.Throws<DllNotFoundException>(() => new ComputeContext(new ComputeOptions { Backend = ComputeBackend.Native }, () => Failure)).Message);
        Assert.Throws<ArgumentException>(() => new ComputeContext(new ComputeOptions { Backend = ComputeBackend.Managed, RequireNative = true }));
    }

    [SkippableFact]
    public void What_was_loaded_switched_off_and_chosen_is_logged()
    {
        Require.Native();
        using var log = new RecordedLog();
        using var compute = new ComputeContext(new ComputeOptions { Threads = 1, RequireNative = true, DisabledTiers = KernelTiers.Sme2, LoggerFactory = log });
        using PackedWeights weights = PackedWeights.Quantize([1f], 1, 1, WeightFormat.Float32, compute: compute);
        Assert.Contains(log.Messages, message => message.Level == LogLevel.Information && message.Text.StartsWith("Native library ", StringComparison.Ordinal));
        Assert.Contains(log.Messages, message => message.Text == "Kernel tiers switched off: sme2");
        Assert.Contains(log.Messages, message => message.Level == LogLevel.Debug && message.Text.EndsWith(weights.KernelFor(1).Kernel.Name, StringComparison.Ordinal));
    }

    [SkippableFact]
    public void Worker_threads_end_with_the_context()
    {
        Require.Native();
        foreach (ComputeBackend backend in new[] { ComputeBackend.Native, ComputeBackend.Managed })
        {
            HashSet<string> before = [.. Workers()];
            HashSet<string> started = [];
            using (Require.Context(backend, threads: 5))
            {
                Assert.True(SpinWait.SpinUntil(() => (started = [.. Workers().Except(before)]).Count == 4, 5000), $"{started.Count} workers");
            }

            Assert.True(SpinWait.SpinUntil(() => !Workers().Any(started.Contains), 5000), "a worker goes on");
        }

        // Ids of the threads of this process with our names.
        static IEnumerable<string> Workers() => Directory.GetDirectories("/proc/self/task").Where(IsOurs);

        static bool IsOurs(string task)
        {
            try
            {
                return File.ReadAllText(task + "/comm").StartsWith("KleidiSharp", StringComparison.Ordinal);
            }
            catch (IOException)
            {
                // It ended meanwhile.
                return false;
            }
        }
    }

    [Fact]
    public void Every_kernel_is_listed_with_its_state()
    {
        foreach (KernelInfo kernel in KernelCatalog.All)
        {
            Assert.Equal(kernel.Index, KernelCatalog.All.ToList().IndexOf(kernel));
            Assert.NotEmpty(kernel.Name);
            Assert.NotEmpty(kernel.Note);
            Assert.Contains(kernel.Origin, new[] { "KleidiSharp", "KleidiAI" });
            Assert.Equal(kernel.IsCompiled, kernel.NotCompiledReason.Length == 0);
            Assert.True(kernel.IsCompiled || !kernel.IsSupported);
            Assert.Contains(kernel.Name, kernel.ToString(), StringComparison.Ordinal);
            Assert.EndsWith(
                kernel.IsUsable ? "usable" : !kernel.IsCompiled ? $"not compiled in ({kernel.NotCompiledReason})" : ")",
                kernel.ToString(),
                StringComparison.Ordinal);
        }

        Assert.Contains(KernelCatalog.All, kernel => kernel.IsUsable && kernel.Kind == WeightKind.Float32);
        Assert.Contains(KernelCatalog.All, kernel => kernel.IsUsable && kernel.Kind == WeightKind.Int4Group);
    }

    private static void WithVariable(string name, string value, Action test)
    {
        string? before = Environment.GetEnvironmentVariable(name);
        Environment.SetEnvironmentVariable(name, value);
        try
        {
            test();
        }
        finally
        {
            Environment.SetEnvironmentVariable(name, before);
        }
    }
}
