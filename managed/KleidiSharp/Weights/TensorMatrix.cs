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
            throw new ArgumentException($"{name} has {lengths.Length} dimensions; it needs 2: rows × {columnsName} {columns}.", name);
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
            throw new ArgumentException($"{name} has stride {strides[0]} between rows; it must be at least {columnsName} {columns}.", name);
        }
    }

    /// <summary>Elements from one row to the next; a single row has none.</summary>
    public static nint RowStride(ReadOnlySpan<nint> lengths, ReadOnlySpan<nint> strides) => lengths[0] > 1 ? strides[0] : lengths[1];
}
