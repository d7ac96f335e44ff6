// SPDX-License-Identifier: Apache-2.0
using System.Text.Json;
using KleidiSharp.Interop;
using KleidiSharp.Models;
using KleidiSharp.Models.Tests;

namespace KleidiSharp.KernelTests;

/// <summary>A whole model gives the same logits, to the last bit, wherever and however its matrices are multiplied.</summary>
public sealed class ModelLogitsTests
{
    private const KernelTiers AllTiers = KernelTiers.Portable | KernelTiers.Neon | KernelTiers.DotProd | KernelTiers.I8mm
        | KernelTiers.Avx2 | KernelTiers.AvxVnni | KernelTiers.Avx512Vnni | KernelTiers.Amx;

    private static readonly KernelTiers[] s_x64Tiers =
        [KernelTiers.Portable, KernelTiers.Avx2, KernelTiers.AvxVnni, KernelTiers.Avx512Vnni, KernelTiers.Amx];

    [SkippableTheory]
    [InlineData(false)]
    [InlineData(true)]
    public void Native_tiers_threads_and_batches_agree_with_the_managed_path(bool trained)
    {
        Require.That(NativeLoader.TryLoad(out string? failure), failure ?? string.Empty);
        using Sample sample = Sample.Open(trained);
        foreach (WeightFormat format in new[] { WeightFormat.Int4Group(32), WeightFormat.Float32 })
        {
            float[] expected = sample.ManagedLogits(format);
            KernelTiers[] tiers =
            [
                .. s_x64Tiers.Where(tier => KernelCatalog.All.Any(
                    kernel => kernel.Tier == tier && kernel.Kind == format.Kind && kernel.IsSupported)),
            ];
            Assert.Contains(KernelTiers.Portable, tiers);
            foreach (KernelTiers tier in tiers)
            {
                foreach (int threads in new[] { 1, 2 })
                {
                    // Layers that stay in f32 have no kernel in every tier; the baseline serves them.
                    KernelTiers disabled = AllTiers & ~(tier | KernelTiers.Portable);
                    var options = new ComputeOptions { Threads = threads, DisabledTiers = disabled, RequireNative = true };
                    using var context = new ComputeContext(options);
                    sample.AssertLogits(expected, format, context, batch: 1);
                    sample.AssertLogits(expected, format, context, batch: 5);
                    sample.AssertLogits(expected, format, context, batch: int.MaxValue);
                }
            }
        }
    }

    [SkippableTheory]
    [InlineData("cortex-a53", false)]
    [InlineData("cortex-a53", true)]
    [InlineData("cortex-a76", true)]
    [InlineData("neoverse-n1", true)]
    [InlineData("neoverse-v1", true)]
    [InlineData("max,sme=off", false)]
    [InlineData("max,sme-default-vector-length=32", true)]
    public void Emulated_processors_agree_with_the_managed_path(string cpu, bool trained)
    {
        using KernelDevice device = EmulatedCpu.Start(cpu);
        using Sample sample = Sample.Open(trained);
        using var context = new ComputeContext(new ComputeOptions { Device = device });
        Assert.Equal(ComputeBackend.Device, context.Backend);
        foreach (WeightFormat format in new[] { WeightFormat.Int4Group(32), WeightFormat.Float32 })
        {
            float[] expected = sample.ManagedLogits(format);
            sample.AssertLogits(expected, format, context, batch: 1);
            sample.AssertLogits(expected, format, context, batch: int.MaxValue);
        }

        // Every tier of the processor, each in turn the only one that is left.
        KernelTiers[] tiers = [.. device.Kernels.Where(kernel => kernel.IsSupported).Select(kernel => kernel.Tier).Distinct()];
        foreach (KernelTiers tier in tiers.Where(tier => KernelsOf(device, tier).Any(kernel => kernel.Kind == WeightKind.Int4Group)))
        {
            // f32 has no kernel of its own in every tier; the baseline serves it.
            KernelTiers baseline = KernelTiers.Portable | KernelTiers.Neon;
            KernelTiers disabled = tier is KernelTiers.Portable ? AllTiers & ~KernelTiers.Portable : AllTiers & ~(tier | baseline);
            using var narrowed = new ComputeContext(new ComputeOptions { Device = device, DisabledTiers = disabled });
            sample.AssertLogits(sample.ManagedLogits(WeightFormat.Int4Group(32)), WeightFormat.Int4Group(32), narrowed, batch: 7);
        }
    }

    private static IEnumerable<KernelInfo> KernelsOf(KernelDevice device, KernelTiers tier) =>
        device.Kernels.Where(kernel => kernel.IsSupported && kernel.Tier == tier);

    /// <summary>A model file and the tokens to run through it.</summary>
    private sealed class Sample(string path, int[] tokens, IDisposable? file) : IDisposable
    {
        private readonly Dictionary<WeightFormat, float[]> managed = [];

        /// <summary>The trained model of the test data, or one of random weights that needs no data.</summary>
        public static Sample Open(bool trained)
        {
            if (!trained)
            {
                var model = new TinyLlama(seed: 7, tied: false, embedding: 64, feedForward: 96, heads: 8, keyValueHeads: 4);
                TemporaryFile random = model.ToFile();
                return new Sample(random.Name, [1, 5, 9, 30, 4, 4, 17, 22, 39, 8, 12, 6, 33], random);
            }

            using JsonDocument expected = JsonDocument.Parse(File.ReadAllBytes(TestData.Find("stories260K/expected.json")));
            int[] ids = [.. expected.RootElement.GetProperty("prompt_ids").EnumerateArray().Select(id => id.GetInt32())];
            return new Sample(TestData.Find("stories260K/stories260K.llamacpp.gguf"), ids, null);
        }

        public float[] ManagedLogits(WeightFormat format)
        {
            if (!managed.TryGetValue(format, out float[]? logits))
            {
                using var context = new ComputeContext(new ComputeOptions { Backend = ComputeBackend.Managed, Threads = 1 });
                managed[format] = logits = Logits(format, context, 1);
            }

            return logits;
        }

        public void AssertLogits(float[] expected, WeightFormat format, ComputeContext context, int batch) =>
            Parity.AssertSameBits(expected, Logits(format, context, batch));

        public void Dispose() => file?.Dispose();

        private float[] Logits(WeightFormat format, ComputeContext context, int batch)
        {
            using LlamaModel model = LlamaModel.Load(path, new LoadOptions { Weights = format, Compute = context });
            using LlamaSession session = model.CreateSession();
            int vocabulary = model.Tokenizer.VocabularySize;
            var logits = new float[tokens.Length * vocabulary];
            for (int start = 0; start < tokens.Length; start += Math.Min(batch, tokens.Length))
            {
                int[] next = [.. tokens.Skip(start).Take(batch)];
                session.Forward(next, logits.AsSpan(start * vocabulary));
            }

            return logits;
        }
    }
}
