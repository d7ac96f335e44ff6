// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp.Tests;

/// <summary>Packs for any layout, and unpacks.</summary>
internal static unsafe class Packer
{
    public delegate T User<T>(WeightMemory memory);

    /// <summary>Packs in C#.</summary>
    public static BlobMemory Pack(PackedShape shape, QuantizedWeights weights, float[] bias)
    {
        using var managed = new ManagedBackend(2);
        return Use(weights, bias, source => managed.Pack(shape, source));
    }

    /// <summary>Pins weights and their bias while they are used.</summary>
    public static T Use<T>(QuantizedWeights weights, float[] bias, User<T> use)
    {
        fixed (byte* rows = weights.Codes)
        fixed (byte* scales = weights.ExactScales())
        fixed (float* zeros = weights.Zeros)
        fixed (float* biasFirst = bias)
        {
            return use(new WeightMemory { Rows = rows, Scales = scales, Zeros = zeros, Bias = biasFirst });
        }
    }

    /// <summary>Requires what was unpacked to be what was packed.</summary>
    public static void AssertSame(QuantizedWeights expected, float[] expectedBias, LogicalWeights actual)
    {
        QuantizedWeights weights = actual.ToQuantized(expected.Format, expected.OutFeatures, expected.InFeatures);
        Assert.True(expected.Codes.SequenceEqual(weights.Codes), "the codes differ");
        Parity.AssertSameBits(expected.Scales, weights.Scales);
        Parity.AssertSameBits(expected.Zeros, weights.Zeros);
        Parity.AssertSameBits(expectedBias, new ReadOnlySpan<float>(actual.Memory.Bias, expected.OutFeatures));
    }
}
