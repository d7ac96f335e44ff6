// SPDX-License-Identifier: Apache-2.0
using KleidiSharp.Interop;
using Xunit.Abstractions;

namespace KleidiSharp.KernelTests;

/// <summary>The kernels of this process.</summary>
public sealed class NativeParityTests(ITestOutputHelper output) : ParityTests(output)
{
    internal override KernelHost OpenHost()
    {
        Require.That(NativeLoader.TryLoad(out string? failure), failure ?? string.Empty);
        return new NativeHost();
    }
}
