// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp;

/// <summary>A tensor as a matrix: two dimensions, the last dense.</summary>
internal static class TensorMatrix
{
    /// <exception cref="ArgumentException">It is not such a matrix, or not of that many columns.</exception>
    public static void Check(string name, ReadOnlySpan<nint> lengths, ReadOnlySpan<nint> strides, int columns, string columnsName)
    {
        if (lengths.Length != 2)
        {
            throw new ArgumentException(
                $"{name} has {lengths.Length} dimensions; it needs 2: rows × {columnsName} {columns}.", name);
        }

        if (lengths[1] != columns)
        {
            throw new ArgumentException($"{name} is {lengths[0]} × {lengths[1]}; its rows need {columnsName} {columns}.", name);
        }

        if (columns > 1 && strides[1] != 1)
        {
            throw new ArgumentException($"{name} has stride {strides[1]} along its rows; they must be dense.", name);
        }

        if (lengths[0] > 1 && strides[0] < columns)
        {
            throw new ArgumentException(
                $"{name} has stride {strides[0]} between rows; it must be at least {columnsName} {columns}.", name);
        }
    }

    /// <summary>Elements from one row to the next; a single row has none.</summary>
    public static nint RowStride(ReadOnlySpan<nint> lengths, ReadOnlySpan<nint> strides) =>
        lengths[0] > 1 ? strides[0] : lengths[1];

    /// <summary>Elements from the first of the first row to the last of the last.</summary>
    /// <exception cref="ArgumentException">They are more than a span holds.</exception>
    public static int SpanLength(string name, ReadOnlySpan<nint> lengths, nint rowStride)
    {
        Int128 length = ((Int128)(lengths[0] - 1) * rowStride) + lengths[1];
        return length <= int.MaxValue
            ? (int)length
            : throw new ArgumentException(
                $"{name} reaches over {length} values, {lengths[0]} rows with stride {rowStride}; {int.MaxValue} is the most.",
                name);
    }
}
