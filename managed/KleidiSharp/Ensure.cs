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
        FiniteWeights(weights, 0, inFeatures);
    }

    /// <summary>Rows of weights, all finite.</summary>
    /// <param name="weights">The rows.</param>
    /// <param name="firstRow">The number of the first.</param>
    /// <param name="inFeatures">Values in a row.</param>
    public static void FiniteWeights(ReadOnlySpan<float> weights, int firstRow, int inFeatures)
    {
        if (TensorPrimitives.IsFiniteAll(weights))
        {
            return;
        }

        int bad = IndexOfNonFinite(weights);
        long index = ((long)firstRow * inFeatures) + bad;
        throw new ArgumentException(
            FormattableString.Invariant(
                $"weights[{index}] is {weights[bad]} (row {index / inFeatures}, column {bad % inFeatures}); weights must be finite"),
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
        int rowBytes = perRow * FormatTraits.Q4BlockBytes;
        for (int row = 0; row < outFeatures; row++)
        {
            FiniteQ4Scales(blocks.Slice(row * rowBytes, rowBytes), row, name);
        }
    }

    /// <summary>A row of blocks of Q4_0, their scales finite.</summary>
    public static void FiniteQ4Scales(ReadOnlySpan<byte> blocks, int row, string name)
    {
        for (int at = 0; at < blocks.Length; at += FormatTraits.Q4BlockBytes)
        {
            Half scale = MemoryMarshal.Read<Half>(blocks[at..]);
            if (!Half.IsFinite(scale))
            {
                throw new ArgumentException(
                    FormattableString.Invariant(
                        $"{name}: the scale of block {at / FormatTraits.Q4BlockBytes} of row {row} is {scale}; it must be finite"),
                    name);
            }
        }
    }

    /// <summary>A mapping, and one that the format has.</summary>
    public static void Mapping(Int4Mapping mapping, WeightFormat format)
    {
        if (mapping is not (Int4Mapping.Symmetric or Int4Mapping.FullRange))
        {
            throw new ArgumentOutOfRangeException(nameof(mapping), mapping, "mapping must be Symmetric or FullRange.");
        }

        if (mapping == Int4Mapping.FullRange && format.Kind != WeightKind.Int4Group)
        {
            throw new ArgumentException($"The mapping FullRange is for int4 groups, not for {format}.", nameof(mapping));
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
