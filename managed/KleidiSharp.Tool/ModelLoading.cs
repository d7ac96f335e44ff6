// SPDX-License-Identifier: Apache-2.0
using KleidiSharp.Models;

namespace KleidiSharp.Tool;

/// <summary>Loads a model with progress.</summary>
internal static class ModelLoading
{
    public static LlamaModel Load(
        string path, WeightFormat weights, string? packedCache, ComputeContext compute, ToolConsole console)
    {
        using var progress = new ProgressLine(console, $"loading {Path.GetFileName(path)} as {weights}");
        return LlamaModel.Load(path, new LoadOptions
        {
            Weights = weights,
            Compute = compute,
            PackedCache = packedCache,
            Progress = progress.Receive<LoadProgress>(
                p => ((double)p.LoadedBytes / Math.Max(1, p.TotalBytes), p.Tensor)),
        });
    }
}
