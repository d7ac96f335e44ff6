// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp;

/// <summary>What becomes of a number that a format does not hold exactly.</summary>
public enum Rounding
{
    /// <summary>It is refused: nothing is lost.</summary>
    Refuse = 0,

    /// <summary>It is rounded to nearest, ties to even.</summary>
    ToEven = 1,

    /// <summary>It is cut off towards 0, as torchao does with scales for KleidiAI.</summary>
    TowardZero = 2,
}
