// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp;

/// <summary>The type of a matrix of activations or results, and what its codes stand for; f32 by default.</summary>
public readonly record struct ActivationFormat
{
    // From Float32 on, so that it is the default.
    private readonly int type;

    private ActivationFormat(ActivationType type, QuantParameters quantization = default)
    {
        this.type = type - ActivationType.Float32;
        Quantization = quantization;
    }

    /// <summary>32-bit floats.</summary>
    public static ActivationFormat Float32 => default;

    /// <summary>16-bit floats.</summary>
    public static ActivationFormat Float16 => new(ActivationType.Float16);

    /// <summary>bfloat16.</summary>
    public static ActivationFormat BFloat16 => new(ActivationType.BFloat16);

    /// <summary>The type.</summary>
    public ActivationType Type => ActivationType.Float32 + type;

    /// <summary>
    /// Of int8 codes, what they stand for. Of float activations, where it is not the default value, how they become
    /// codes: calibrated, instead of as follows from each row.
    /// </summary>
    public QuantParameters Quantization { get; }

    /// <summary>Bytes of an element.</summary>
    public int ElementSize => Type switch
    {
        ActivationType.Float32 => sizeof(float),
        ActivationType.Int8 => sizeof(sbyte),
        _ => sizeof(ushort),
    };

    /// <summary>int8 codes.</summary>
    /// <param name="quantization">What they stand for.</param>
    /// <exception cref="ArgumentException">It is the default value.</exception>
    public static ActivationFormat Int8(QuantParameters quantization) => new(ActivationType.Int8, Given(quantization));

    /// <summary>Float activations that become int8 codes as calibrated.</summary>
    /// <param name="quantization">What the codes stand for.</param>
    /// <exception cref="ArgumentException">It is the default value.</exception>
    public ActivationFormat Calibrated(QuantParameters quantization) => new(Type, Given(quantization));

    private static QuantParameters Given(QuantParameters quantization) => !quantization.IsNone
        ? quantization
        : throw new ArgumentException("The parameters are the default value, which has no scale.", nameof(quantization));
}
