// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp;

/// <summary>A multiplication whose lengths have been checked.</summary>
internal readonly ref struct MatMulArguments
{
    public required int Rows { get; init; }

    public required ReadOnlySpan<float> X { get; init; }

    /// <summary>Elements from one row of x to the next.</summary>
    public required long XStride { get; init; }

    public required Span<float> Y { get; init; }

    /// <summary>Elements from one row of y to the next.</summary>
    public required long YStride { get; init; }

    public required Clamp Clamp { get; init; }

    public required KernelTiers DisabledTiers { get; init; }
}
