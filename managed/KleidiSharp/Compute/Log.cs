// SPDX-License-Identifier: Apache-2.0
using Microsoft.Extensions.Logging;

namespace KleidiSharp;

internal static partial class Log
{
    [LoggerMessage(1, LogLevel.Information,
        "Native library {Version} loaded from {Path} (KleidiAI {KleidiAIVersion}); CPU: {Cpu}; {Threads} threads")]
    public static partial void NativeLoaded(
        ILogger logger, string version, string path, string kleidiAIVersion, CpuFeatures cpu, int threads);

    [LoggerMessage(2, LogLevel.Warning, "No native library: working in C#, which is slower and gives the same results. {Reason}")]
    public static partial void NativeMissing(ILogger logger, string reason);

    [LoggerMessage(3, LogLevel.Information, "Kernel tiers switched off: {Tiers}")]
    public static partial void TiersDisabled(ILogger logger, string tiers);

    [LoggerMessage(4, LogLevel.Debug, "Packed {Format} weights [{OutFeatures}, {InFeatures}] as {Layout} for {Kernel}")]
    public static partial void Packed(
        ILogger logger, WeightFormat format, int outFeatures, int inFeatures, WeightLayout layout, string kernel);
}
