// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp.KernelTests;

/// <summary>Quantised weights as packers take them.</summary>
internal static unsafe class PackSources
{
    public delegate T User<T>(WeightMemory memory);

    /// <summary>Pins weights and their bias while they are used.</summary>
    public static T Use<T>(QuantizedWeights weights, float[]? bias, User<T> use)
    {
        fixed (byte* rows = weights.Codes)
        fixed (byte* scales = weights.ExactScales())
        fixed (float* zeros = weights.Zeros)
        fixed (float* biasFirst = bias)
        {
            return use(new WeightMemory { Rows = rows, Scales = scales, Zeros = zeros, Bias = biasFirst });
        }
    }
}
