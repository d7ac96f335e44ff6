// SPDX-License-Identifier: Apache-2.0
using KleidiSharp.Interop;

namespace KleidiSharp.Tests;

/// <summary>What a test needs from its surroundings: without it the test is skipped, and in CI it fails.</summary>
internal static class Require
{
    /// <summary>The native library.</summary>
    public static void Native() => That(NativeLoader.TryLoad(out string? failure), failure ?? string.Empty);

    /// <summary>A kernel device for this machine, which the build puts beside the native library.</summary>
    public static string Device()
    {
        Native();
        string device = Path.Combine(Path.GetDirectoryName(NativeLoader.LoadedPath) ?? string.Empty, "kleidi-device");
        That(File.Exists(device), $"there is no {device}");
        return $"'{device}'";
    }

    /// <summary>A context of a backend; skips where that is native and there is no library.</summary>
    public static ComputeContext Context(ComputeBackend backend, int threads = 1, KernelTiers disabled = KernelTiers.None)
    {
        if (backend == ComputeBackend.Native)
        {
            Native();
        }

        return new ComputeContext(new ComputeOptions { Backend = backend, Threads = threads, DisabledTiers = disabled });
    }

    private static void That(bool present, string otherwise)
    {
        if (Environment.GetEnvironmentVariable("CI") is "true")
        {
            Assert.True(present, otherwise);
        }

        Skip.IfNot(present, otherwise);
    }
}
