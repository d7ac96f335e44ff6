// SPDX-License-Identifier: Apache-2.0
using System.Numerics.Tensors;

namespace KleidiSharp;

/// <summary>Scales of narrower types as f32, which holds them exactly.</summary>
public static class ScaleConversion
{
    /// <summary>From 16-bit floats, as AWQ, GPTQ and GGUF files have them.</summary>
    /// <param name="scales">The scales.</param>
    public static float[] FromHalf(ReadOnlySpan<Half> scales)
    {
        var values = new float[scales.Length];
        TensorPrimitives.ConvertToSingle(scales, values);
        return values;
    }

    /// <summary>From bfloat16, given by their bits.</summary>
    /// <param name="bits">The upper 16 bits of each float.</param>
    public static float[] FromBFloat16(ReadOnlySpan<ushort> bits)
    {
        var values = new float[bits.Length];
        for (int i = 0; i < bits.Length; i++)
        {
            values[i] = BFloat16.ToSingle(bits[i]);
        }

        return values;
    }
}
