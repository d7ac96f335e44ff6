// SPDX-License-Identifier: Apache-2.0
using System.Numerics.Tensors;
using System.Runtime.InteropServices;

namespace KleidiSharp;

/// <summary>Checks of arguments that several types share; each message names the value and what was needed.</summary>
internal static class Ensure
{
    public static void Holds(long length, long needed, string name, string because)
    {
        if (length < needed)
        {
            throw new ArgumentException($"{name} holds {length} values; {because} needs {needed}", name);
        }
    }

    public static void HoldsExactly(long length, long needed, string name, string because)
    {
        if (length != needed)
        {
            throw new ArgumentException($"{name} holds {length} values; {because} needs {needed}", name);
        }
    }

    /// <summary>Weights of the shape, all finite.</summary>
    public static void Weights(ReadOnlySpan<float> weights, int outFeatures, int inFeatures)
    {
        HoldsExactly(
            weights.Length,
            (long)outFeatures * inFeatures,
            nameof(weights),
            $"outFeatures {outFeatures} × inFeatures {inFeatures}");
        if (TensorPrimitives.IsFiniteAll(weights))
        {
            return;
        }

        int bad = IndexOfNonFinite(weights);
        throw new ArgumentException(
            FormattableString.Invariant(
                $"weights[{bad}] is {weights[bad]} (row {bad / inFeatures}, column {bad % inFeatures}); weights must be finite"),
            nameof(weights));
    }

    /// <summary>No bias, or one finite value per output feature.</summary>
    public static void Bias(ReadOnlySpan<float> bias, int outFeatures)
    {
        if (bias.IsEmpty)
        {
            return;
        }

        HoldsExactly(bias.Length, outFeatures, nameof(bias), $"outFeatures {outFeatures}");
        if (!TensorPrimitives.IsFiniteAll(bias))
        {
            int bad = IndexOfNonFinite(bias);
            throw new ArgumentException(
                FormattableString.Invariant($"bias[{bad}] is {bias[bad]}; a bias must be finite"), nameof(bias));
        }
    }

    /// <summary>Dense activations and results of a multiplication, counted in elements.</summary>
    public static void MatMul(long x, long y, int rows, int outFeatures, int inFeatures)
    {
        if (rows < 0)
        {
            throw new ArgumentOutOfRangeException(nameof(rows), rows, "A number of rows is not negative.");
        }

        long xNeeded = (long)rows * inFeatures;
        long yNeeded = (long)rows * outFeatures;
        if (x < xNeeded || y < yNeeded)
        {
            ThrowShort(x, xNeeded, y, yNeeded, rows, outFeatures, inFeatures);
        }
    }

    /// <summary>Types of activations and results that go with weights of a format.</summary>
    public static void Activations(WeightFormat weights, ActivationFormat x, ActivationFormat y)
    {
        if (weights.Traits.Activations != ActivationRule.PerRow && !x.Quantization.IsNone)
        {
            throw new ArgumentException(
                $"x is {(x.Type == ActivationType.Int8 ? "int8" : "calibrated")}, which {weights} weights do not take: "
                + "only formats whose activations are quantised per row do.",
                nameof(x));
        }

        if (y.Type != ActivationType.Int8 && !y.Quantization.IsNone)
        {
            throw new ArgumentException($"y is {y.Type} and has no quantisation parameters; only int8 results have.", nameof(y));
        }
    }

    /// <summary>Blocks of Q4_0 of the shape, their scales finite.</summary>
    public static void Q4Blocks(ReadOnlySpan<byte> blocks, int outFeatures, int inFeatures, string name)
    {
        int perRow = inFeatures / FormatTraits.Q4BlockValues;
        HoldsExactly(
            blocks.Length,
            (long)outFeatures * perRow * FormatTraits.Q4BlockBytes,
            name,
            $"outFeatures {outFeatures} × {perRow} blocks × {FormatTraits.Q4BlockBytes} bytes");
        for (int block = 0; block < blocks.Length / FormatTraits.Q4BlockBytes; block++)
        {
            Half scale = MemoryMarshal.Read<Half>(blocks[(block * FormatTraits.Q4BlockBytes)..]);
            if (!Half.IsFinite(scale))
            {
                throw new ArgumentException(
                    FormattableString.Invariant(
                        $"{name}: the scale of block {block % perRow} of row {block / perRow} is {scale}; it must be finite"),
                    name);
            }
        }
    }

    public static int IndexOfNonFinite(ReadOnlySpan<float> values)
    {
        int index = 0;
        while (index < values.Length && float.IsFinite(values[index]))
        {
            index++;
        }

        return index;
    }

    private static void ThrowShort(long x, long xNeeded, long y, long yNeeded, int rows, int outFeatures, int inFeatures)
    {
        Holds(x, xNeeded, nameof(x), $"rows {rows} × inFeatures {inFeatures}");
        Holds(y, yNeeded, nameof(y), $"rows {rows} × outFeatures {outFeatures}");
    }
}
