// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp;

/// <summary>Which nibble of a byte holds the code of the even k.</summary>
public enum NibbleOrder
{
    /// <summary>The low one: this library, ATen's dynamic quantisation, compressed-tensors, GPTQ along k.</summary>
    EvenLow = 0,

    /// <summary>The high one: ATen's and torchao's int4 tiles, KleidiAI's asymmetric packers.</summary>
    EvenHigh = 1,
}
