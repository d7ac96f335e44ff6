// SPDX-License-Identifier: Apache-2.0
using System.Buffers;
using System.Numerics.Tensors;

namespace KleidiSharp.Models;

/// <summary>Refuses tensors that hold a NaN or an infinity.</summary>
internal static class FiniteTensor
{
    private const int ValuesAtOnce = 1 << 15;

    /// <summary>Looks through a whole tensor.</summary>
    /// <exception cref="GgufException">An element is not finite; the message names the first.</exception>
    public static void Require(GgufFile file, GgufTensor tensor)
    {
        float[] buffer = ArrayPool<float>.Shared.Rent(ValuesAtOnce);
        try
        {
            for (long start = 0; start < tensor.ElementCount; start += ValuesAtOnce)
            {
                Span<float> values = buffer.AsSpan(0, (int)Math.Min(ValuesAtOnce, tensor.ElementCount - start));
                file.ReadFloats(tensor, start, values);
                Require(file, tensor, start, values);
            }
        }
        finally
        {
            ArrayPool<float>.Shared.Return(buffer);
        }
    }

    /// <summary>Looks through values that begin at element <paramref name="start"/> of a tensor.</summary>
    /// <exception cref="GgufException">One is not finite; the message names the first.</exception>
    public static void Require(GgufFile file, GgufTensor tensor, long start, ReadOnlySpan<float> values)
    {
        if (TensorPrimitives.IsFiniteAll(values))
        {
            return;
        }

        int bad = 0;
        while (float.IsFinite(values[bad]))
        {
            bad++;
        }

        throw new GgufException(file.Path, $"element {start + bad} of tensor '{tensor.Name}'",
            FormattableString.Invariant($"{values[bad]}"), "a finite number");
    }
}
