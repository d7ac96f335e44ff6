// SPDX-License-Identifier: Apache-2.0
using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;

namespace KleidiSharp;

internal static partial class Log
{
    private static readonly ConditionalWeakTable<ILoggerFactory, object> s_told = [];

    [LoggerMessage(1, LogLevel.Information,
        "Native library {Version} loaded from {Path} (KleidiAI {KleidiAIVersion}); CPU: {Cpu}; {Threads} threads")]
    public static partial void NativeLoaded(
        ILogger logger, string version, string path, string kleidiAIVersion, CpuFeatures cpu, int threads);

    /// <summary>
    /// Warns that there is no native library, once for each factory that lets warnings through: a process has one reason
    /// and, as a rule, one factory, but any number of contexts, some of which have nobody to tell.
    /// </summary>
    public static void NativeMissingOnce(ILoggerFactory? factory, ILogger logger, string reason)
    {
        if (factory is not null && logger.IsEnabled(LogLevel.Warning) && s_told.TryAdd(factory, factory))
        {
            NativeMissing(logger, reason);
        }
    }

    [LoggerMessage(3, LogLevel.Information, "Kernel tiers switched off: {Tiers}")]
    public static partial void TiersDisabled(ILogger logger, string tiers);

    [LoggerMessage(4, LogLevel.Debug, "Packed {Format} weights [{OutFeatures}, {InFeatures}] as {Layout} for {Kernel}")]
    public static partial void Packed(
        ILogger logger, WeightFormat format, int outFeatures, int inFeatures, WeightLayout layout, string kernel);

    [LoggerMessage(2, LogLevel.Warning, "No native library: working in C#, which is slower and gives the same results. {Reason}")]
    private static partial void NativeMissing(ILogger logger, string reason);
}
