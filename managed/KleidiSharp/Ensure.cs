// SPDX-License-Identifier: Apache-2.0
using System.Numerics.Tensors;

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

    /// <summary>Dense activations and results of a multiplication.</summary>
    public static void MatMul(ReadOnlySpan<float> x, ReadOnlySpan<float> y, int rows, int outFeatures, int inFeatures)
    {
        if (rows < 0)
        {
            throw new ArgumentOutOfRangeException(nameof(rows), rows, "A number of rows is not negative.");
        }

        long xNeeded = (long)rows * inFeatures;
        long yNeeded = (long)rows * outFeatures;
        if (x.Length < xNeeded || y.Length < yNeeded)
        {
            ThrowShort(x.Length, xNeeded, y.Length, yNeeded, rows, outFeatures, inFeatures);
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
