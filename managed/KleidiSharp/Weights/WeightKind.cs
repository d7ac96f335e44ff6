// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp;

/// <summary>
/// The number format of a weight matrix; each has one arithmetic (see <see cref="ReferenceKernels"/>) and one form of
/// weights as they come and go: codes of 4 bits lie two to a byte, the even k in the low nibble, value code - 8; codes
/// of 2 bits lie four to a byte, ascending k from the low bits on, value code - 2; codes of 8 bits are signed and are
/// their value.
/// </summary>
public enum WeightKind
{
    /// <summary>32-bit floats.</summary>
    Float32 = 1,

    /// <summary>
    /// Symmetric 4-bit codes in groups along k, one bfloat16 scale a group; activations become int8 per row. torchao's
    /// Int8DynamicActivationInt4Weight.
    /// </summary>
    Int4Group = 2,

    /// <summary>
    /// Symmetric 4-bit codes, one f32 scale an output feature; activations become int8 per row. XNNPACK, LiteRT,
    /// ExecuTorch.
    /// </summary>
    Int4Channel = 3,

    /// <summary>
    /// Symmetric 8-bit codes, one f32 scale an output feature; activations become int8 per row. PyTorch, W8A8.
    /// </summary>
    Int8Channel = 4,

    /// <summary>
    /// Symmetric 2-bit codes, one f32 scale an output feature; activations become int8 per row. LiteRT.
    /// </summary>
    Int2Channel = 5,

    /// <summary>
    /// GGUF's Q4_0: blocks of 32 values along k in 18 bytes, each an f16 scale and 16 bytes of which byte i holds code i
    /// in its low and code i + 16 in its high nibble; value code - 8. Activations become int8 per 32 values.
    /// </summary>
    Q4_0 = 6,

    /// <summary>
    /// 4-bit codes in groups along k with an f32 scale and an f32 zero each: a weight is (code - 8) · scale + zero.
    /// Activations become int8 per group. AWQ, GPTQ, GGUF's Q4_1, ATen's int4.
    /// </summary>
    Int4Asymmetric = 7,

    /// <summary>16-bit floats (IEEE binary16); activations are rounded to them.</summary>
    Float16 = 8,

    /// <summary>bfloat16; activations are rounded to it.</summary>
    BFloat16 = 9,
}
