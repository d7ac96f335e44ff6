// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp;

/// <summary>A multiplication whose lengths and types have been checked, over pinned memory.</summary>
internal readonly unsafe struct MatMulArguments
{
    public required int Rows { get; init; }

    public required byte* X { get; init; }

    /// <summary>Elements that can be read at x.</summary>
    public required long XCount { get; init; }

    /// <summary>Elements from one row of x to the next.</summary>
    public required long XStride { get; init; }

    public required ActivationFormat XFormat { get; init; }

    public required byte* Y { get; init; }

    /// <summary>Elements that can be written at y.</summary>
    public required long YCount { get; init; }

    /// <summary>Elements from one row of y to the next.</summary>
    public required long YStride { get; init; }

    public required ActivationFormat YFormat { get; init; }

    public required Clamp Clamp { get; init; }

    public required KernelTiers DisabledTiers { get; init; }

    /// <summary>Index of the kernel that has to run; -1 for the first that fits.</summary>
    public required int Kernel { get; init; }
}
