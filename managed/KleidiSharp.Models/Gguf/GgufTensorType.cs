// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp.Models;

#pragma warning disable CA1707 // the members carry the names that the format gives them

/// <summary>Element types of GGUF tensors, with the format's own names and codes.</summary>
public enum GgufTensorType
{
    /// <summary>32-bit float.</summary>
    F32 = 0,
    /// <summary>IEEE half.</summary>
    F16 = 1,
    /// <summary>Blocks of 32: half scale d, 4-bit codes q; value (q - 8)·d.</summary>
    Q4_0 = 2,
    /// <summary>Blocks of 32: half scale and minimum, 4-bit codes.</summary>
    Q4_1 = 3,
    /// <summary>Blocks of 32: half scale, 5-bit codes.</summary>
    Q5_0 = 6,
    /// <summary>Blocks of 32: half scale and minimum, 5-bit codes.</summary>
    Q5_1 = 7,
    /// <summary>Blocks of 32: half scale d, signed bytes q; value q·d.</summary>
    Q8_0 = 8,
    /// <summary>Blocks of 32: half scale and sum, signed bytes.</summary>
    Q8_1 = 9,
    /// <summary>Blocks of 256, 2 bits.</summary>
    Q2_K = 10,
    /// <summary>Blocks of 256, 3 bits.</summary>
    Q3_K = 11,
    /// <summary>Blocks of 256, 4 bits.</summary>
    Q4_K = 12,
    /// <summary>Blocks of 256, 5 bits.</summary>
    Q5_K = 13,
    /// <summary>Blocks of 256, 6 bits.</summary>
    Q6_K = 14,
    /// <summary>Blocks of 256, 8 bits.</summary>
    Q8_K = 15,
    /// <summary>Blocks of 256 from a codebook, about 2 bits.</summary>
    IQ2_XXS = 16,
    /// <summary>Blocks of 256 from a codebook, about 2 bits.</summary>
    IQ2_XS = 17,
    /// <summary>Blocks of 256 from a codebook, about 3 bits.</summary>
    IQ3_XXS = 18,
    /// <summary>Blocks of 256 from a codebook, about 1.5 bits.</summary>
    IQ1_S = 19,
    /// <summary>Blocks of 32, 4-bit codes into a table of unequal steps.</summary>
    IQ4_NL = 20,
    /// <summary>Blocks of 256 from a codebook, about 3 bits.</summary>
    IQ3_S = 21,
    /// <summary>Blocks of 256 from a codebook, about 2.5 bits.</summary>
    IQ2_S = 22,
    /// <summary>Blocks of 256, 4-bit codes into a table of unequal steps.</summary>
    IQ4_XS = 23,
    /// <summary>8-bit integer.</summary>
    I8 = 24,
    /// <summary>16-bit integer.</summary>
    I16 = 25,
    /// <summary>32-bit integer.</summary>
    I32 = 26,
    /// <summary>64-bit integer.</summary>
    I64 = 27,
    /// <summary>64-bit float.</summary>
    F64 = 28,
    /// <summary>Blocks of 256 from a codebook, about 1.75 bits.</summary>
    IQ1_M = 29,
    /// <summary>bfloat16: the upper half of a 32-bit float.</summary>
    BF16 = 30,
    /// <summary>Blocks of 256 ternary values, 1.6875 bits.</summary>
    TQ1_0 = 34,
    /// <summary>Blocks of 256 ternary values, 2.0625 bits.</summary>
    TQ2_0 = 35,
    /// <summary>Blocks of 32 4-bit floats with a power-of-two scale.</summary>
    MXFP4 = 39,
}
