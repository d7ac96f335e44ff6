// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp;

/// <summary>A weight matrix before packing; everything in it is finite and of the right length.</summary>
internal readonly ref struct PackSource
{
    /// <summary>f32 [n][k], where the format is f32.</summary>
    public ReadOnlySpan<float> Values { get; init; }

    /// <summary>Codes [n][k/2], where the format is int4.</summary>
    public ReadOnlySpan<byte> Codes { get; init; }

    /// <summary>bfloat16 [n][k/group], where the format is int4.</summary>
    public ReadOnlySpan<ushort> Scales { get; init; }

    /// <summary>[n], or empty for zeros.</summary>
    public ReadOnlySpan<float> Bias { get; init; }
}
