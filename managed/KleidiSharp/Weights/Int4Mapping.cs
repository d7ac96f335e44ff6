// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp;

/// <summary>
/// How the scale of a group of int4 weights follows from its values. Scales are rounded to bfloat16 either way.
/// </summary>
public enum Int4Mapping
{
    /// <summary>
    /// scale = largest magnitude / 7.5, as torchao's MappingType.SYMMETRIC: the same codes as torchao, at the price of
    /// cutting off the largest positive values of a group by half a step.
    /// </summary>
    Symmetric = 0,

    /// <summary>
    /// scale = m / -8, m being the value of largest magnitude with its sign, which becomes exactly -8: no value of its
    /// own sign is cut off. The rule of GGUF's Q4_0, whose tensors get their own codes back where their scales are
    /// bfloat16s. Models lose less by it.
    /// </summary>
    FullRange = 1,
}
