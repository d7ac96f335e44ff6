// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp;

/// <summary>
/// The number format of a weight matrix; each has one arithmetic (see <see cref="ReferenceKernels"/>).
/// </summary>
public enum WeightKind
{
    /// <summary>32-bit floats, multiplied by 32-bit floats.</summary>
    Float32 = 1,

    /// <summary>
    /// Symmetric 4-bit codes in groups along k, one bfloat16 scale a group; activations become int8 per row.
    /// </summary>
    Int4Group = 2,
}
