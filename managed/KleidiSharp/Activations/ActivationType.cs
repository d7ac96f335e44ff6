// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp;

/// <summary>The type of the activations x and of the results y.</summary>
public enum ActivationType
{
    /// <summary>32-bit floats.</summary>
    Float32 = 1,

    /// <summary>16-bit floats (IEEE binary16, <see cref="Half"/>).</summary>
    Float16 = 2,

    /// <summary>bfloat16: the upper 16 bits of a 32-bit float.</summary>
    BFloat16 = 3,

    /// <summary>int8 codes; value (code - zero point) · scale.</summary>
    Int8 = 4,
}
