// SPDX-License-Identifier: Apache-2.0
using KleidiSharp.Models;
using KleidiSharp.Tool.Run;

namespace KleidiSharp.Tool.BenchModel;

/// <summary>The model with its weights in one format, and how long it took to load.</summary>
internal sealed class LoadedFormat : IDisposable
{
    private readonly LlamaModel model;
    private readonly TokenPasses passes;
    private readonly WeightFormat format;
    private readonly BenchModelPlan plan;
    private readonly double loadSeconds;

    /// <exception cref="ArgumentException">The prompt or the tokens do not fit the model's context.</exception>
    public LoadedFormat(WeightFormat format, BenchModelPlan plan, ComputeContext compute, ToolConsole console, TimeProvider clock)
    {
        this.format = format;
        this.plan = plan;
        long start = clock.GetTimestamp();
        model = ModelLoading.Load(plan.File, format, plan.PackedCache, compute, console);
        loadSeconds = clock.GetElapsedTime(start).TotalSeconds;
        try
        {
            passes = new TokenPasses(model, plan.Prompt, plan.Tokens, clock);
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    /// <summary>What the model is called.</summary>
    public string ModelName => model.Name;

    /// <summary>Measures once.</summary>
    public TokenSpeed Measure() => passes.Measure();

    /// <summary>What was measured.</summary>
    public FormatSpeed Describe(long fileBytes, RateReport prefill, RateReport decode) => new(
        format.ToString(),
        loadSeconds,
        fileBytes / loadSeconds / 1e9,
        model.Report.BytesPerToken,
        prefill,
        decode,
        decode.TokensPerSecond * model.Report.BytesPerToken / 1e9,
        LayerKernels.Of(model.Report, plan.Prompt),
        Fallback.Of(model.Report));

    public void Dispose()
    {
        passes.Dispose();
        model.Dispose();
    }
}
