// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp;

/// <summary>What does the work of a <see cref="ComputeContext"/>.</summary>
public enum ComputeBackend
{
    /// <summary>
    /// The native library where it can be loaded, else C#; with a <see cref="KernelDevice"/>, the device.
    /// </summary>
    Auto = 0,

    /// <summary>The native library.</summary>
    Native = 1,

    /// <summary>C#, with SIMD where .NET has it: slower, the same bits.</summary>
    Managed = 2,

    /// <summary>A <see cref="KernelDevice"/>; chosen by setting <see cref="ComputeOptions.Device"/>.</summary>
    Device = 3,
}
