// SPDX-License-Identifier: Apache-2.0
using System.Runtime.InteropServices;

namespace KleidiSharp;

/// <summary>A row of activations as the arithmetic of a weight format takes it.</summary>
internal sealed class ReferenceActivations
{
    public ReferenceActivations(WeightFormat format, int k, ReadOnlySpan<byte> row, ActivationFormat type)
    {
        if (type.Type == ActivationType.Int8)
        {
            Codes = MemoryMarshal.Cast<byte, sbyte>(row).ToArray();
            ZeroPoint = type.Quantization.ZeroPoint;
            Scales = [type.Quantization.Scale];
            return;
        }

        Values = new float[k];
        ActivationRows.Read(row, type.Type, Values);
        Codes = format.Traits.IsFloat ? [] : new sbyte[k];
        switch (format.Kind)
        {
            case WeightKind.Float32 or WeightKind.Float16 or WeightKind.BFloat16:
                RoundTo(format.Kind, Values);
                IsFinite = ReferenceKernels.IsFinite(Values);
                break;
            case WeightKind.Q4_0:
                Scales = new float[k / 32];
                ReferenceKernels.QuantizeActivationsPer32(Values, Codes, Scales);
                break;
            case WeightKind.Int4Asymmetric:
                Scales = new float[k / format.GroupSize];
                ReferenceKernels.QuantizeActivationsPerGroup(Values, format.GroupSize, Codes, Scales);
                break;
            case var _ when !type.Quantization.IsNone:
                Scales = [ReferenceKernels.QuantizeActivations(Values, type.Quantization, Codes)];
                ZeroPoint = type.Quantization.ZeroPoint;
                break;
            default:
                ReferenceKernels.QuantizeActivations(Values, Codes, out int zeroPoint, out float scale);
                Scales = [scale];
                ZeroPoint = zeroPoint;
                break;
        }
    }

    /// <summary>The values, of the type of float weights.</summary>
    public float[] Values { get; } = [];

    /// <summary>Whether <see cref="Values"/> are.</summary>
    public bool IsFinite { get; } = true;

    public sbyte[] Codes { get; } = [];

    public int ZeroPoint { get; }

    /// <summary>One of the row, or one of each group.</summary>
    public float[] Scales { get; } = [];

    /// <summary>Rounds values to the type of weights, ties to even.</summary>
    public static void RoundTo(WeightKind kind, Span<float> values)
    {
        for (int i = 0; kind != WeightKind.Float32 && i < values.Length; i++)
        {
            values[i] = kind == WeightKind.Float16
                ? (float)(Half)values[i]
                : float.IsNaN(values[i]) ? values[i] : BFloat16.ToSingle(BFloat16.Round(values[i]));
        }
    }
}
