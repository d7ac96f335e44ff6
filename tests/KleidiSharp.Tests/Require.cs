// SPDX-License-Identifier: Apache-2.0
using System.Runtime.InteropServices;
using KleidiSharp.Interop;
using KleidiSharp.Tests.Bindings;

namespace KleidiSharp.Tests;

/// <summary>What a test needs from its surroundings: without it the test is skipped, and in CI it fails.</summary>
internal static class Require
{
    /// <summary>The native library.</summary>
    public static void Native() => That(NativeLoader.TryLoad(out string? failure), failure ?? string.Empty);

    /// <summary>A kernel device for this machine: beside the native library, or where build/build.sh puts both.</summary>
    public static string Device()
    {
        Native();
        string rid = RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? "linux-arm64" : "linux-x64";
        string[] folders =
        [
            Path.GetDirectoryName(NativeLoader.LoadedPath) ?? string.Empty,
            Path.Combine(SourceTree.Root, "out", rid, "native"),
        ];
        string? device = folders.Select(folder => Path.Combine(folder, "kleidi-device")).FirstOrDefault(File.Exists);
        That(device is not null, $"there is no kleidi-device in {string.Join(" or ", folders)}; build/build.sh makes it");
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
