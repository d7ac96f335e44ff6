// SPDX-License-Identifier: Apache-2.0
using System.Runtime.InteropServices;

namespace KleidiSharp;

/// <summary>Rows of activations and results of any type, from and to f32.</summary>
internal static class ActivationRows
{
    /// <summary>Floats of any type as f32, exactly.</summary>
    public static void Read(ReadOnlySpan<byte> row, ActivationType type, Span<float> values)
    {
        switch (type)
        {
            case ActivationType.Float16:
                ReadOnlySpan<Half> halves = MemoryMarshal.Cast<byte, Half>(row);
                for (int i = 0; i < values.Length; i++)
                {
                    values[i] = (float)halves[i];
                }

                break;
            case ActivationType.BFloat16:
                ReadOnlySpan<ushort> bits = MemoryMarshal.Cast<byte, ushort>(row);
                for (int i = 0; i < values.Length; i++)
                {
                    values[i] = KleidiSharp.BFloat16.ToSingle(bits[i]);
                }

                break;
            default:
                MemoryMarshal.Cast<byte, float>(row).CopyTo(values);
                break;
        }
    }

    /// <summary>
    /// f32 results as the type wants them: f16 and bf16 rounded to nearest, ties to even; int8 as
    /// clamp(round(y · (1 / scale)) + zero point, -128, 127), ties to even, NaN becoming the zero point.
    /// </summary>
    public static void Write(ReadOnlySpan<float> values, ActivationFormat format, Span<byte> row)
    {
        switch (format.Type)
        {
            case ActivationType.Float16:
                Span<Half> halves = MemoryMarshal.Cast<byte, Half>(row);
                for (int i = 0; i < values.Length; i++)
                {
                    halves[i] = (Half)values[i];
                }

                break;
            case ActivationType.BFloat16:
                Span<ushort> bits = MemoryMarshal.Cast<byte, ushort>(row);
                for (int i = 0; i < values.Length; i++)
                {
                    bits[i] = KleidiSharp.BFloat16.Round(values[i]);
                }

                break;
            case ActivationType.Int8:
                float steps = 1 / format.Quantization.Scale;
                for (int i = 0; i < values.Length; i++)
                {
                    row[i] = (byte)Int8Code(values[i] * steps, format.Quantization.ZeroPoint);
                }

                break;
            default:
                values.CopyTo(MemoryMarshal.Cast<byte, float>(row));
                break;
        }
    }

    /// <summary>The code of a number of steps; NaN counts as 0.</summary>
    public static sbyte Int8Code(float steps, int zeroPoint)
    {
        // What is beyond 255 steps of 0 is beyond every code.
        float near = Math.Clamp(float.IsNaN(steps) ? 0 : steps, -1000, 1000);
        return (sbyte)Math.Clamp((int)MathF.Round(near, MidpointRounding.ToEven) + zeroPoint, sbyte.MinValue, sbyte.MaxValue);
    }
}
