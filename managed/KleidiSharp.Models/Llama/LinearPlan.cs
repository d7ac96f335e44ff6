// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp.Models;

/// <summary>One packed matrix to be: a linear layer, or several over the same inputs, one below the other.</summary>
/// <param name="Tensors">The layers' tensors, [rows, <paramref name="InFeatures"/>] each.</param>
/// <param name="InFeatures">Values per row.</param>
/// <param name="Format">The format to pack them in.</param>
/// <param name="Bias">One value per row of all tensors; empty where no layer has a bias.</param>
internal sealed record LinearPlan(GgufTensor[] Tensors, int InFeatures, WeightFormat Format, float[] Bias)
{
    /// <summary>Rows of all tensors.</summary>
    public int OutFeatures { get; } = Tensors.Sum(tensor => (int)tensor.Dimensions[0]);

    /// <summary>Whether the tensors' blocks go in as they are.</summary>
    public bool IsVerbatim => Format.Kind == WeightKind.Q4_0 && Tensors[0].Type == GgufTensorType.Q4_0;

    /// <summary>Packs the matrix, its rows read from the file when it is their turn.</summary>
    /// <exception cref="GgufException">A weight is NaN or infinite.</exception>
    public PackedWeights Pack(GgufFile file, Int4Mapping mapping, ComputeContext compute)
    {
        try
        {
            return IsVerbatim
                ? PackedWeights.PackQ4_0(
                    (row, blocks) => ReadBlocks(file, row, blocks), OutFeatures, InFeatures, Bias, compute)
                : PackedWeights.Quantize(
                    (row, values) => ReadFloats(file, row, values),
                    OutFeatures,
                    InFeatures,
                    Format,
                    Format.Kind == WeightKind.Int4Group ? mapping : Int4Mapping.Symmetric,
                    Bias,
                    compute);
        }
        catch (ArgumentException)
        {
            // The packer speaks of rows of the whole; the tensors know which of them it is.
            Array.ForEach(Tensors, tensor => FiniteTensor.Require(file, tensor));
            throw;
        }
    }

    private void ReadFloats(GgufFile file, int row, Span<float> values)
    {
        while (!values.IsEmpty)
        {
            (GgufTensor tensor, int inside, int rows) = Find(row, values.Length / InFeatures);
            file.ReadFloats(tensor, (long)inside * InFeatures, values[..(rows * InFeatures)]);
            values = values[(rows * InFeatures)..];
            row += rows;
        }
    }

    private void ReadBlocks(GgufFile file, int row, Span<byte> blocks)
    {
        while (!blocks.IsEmpty)
        {
            int rowBytes = (int)(Tensors[0].ByteLength / Tensors[0].Dimensions[0]);
            (GgufTensor tensor, int inside, int rows) = Find(row, blocks.Length / rowBytes);
            file.ReadBytes(tensor.Position + (long)inside * rowBytes, blocks[..(rows * rowBytes)]);
            blocks = blocks[(rows * rowBytes)..];
            row += rows;
        }
    }

    // The tensor of a row, the row's number in it, and how many of the rows wanted it has from there on.
    private (GgufTensor Tensor, int Row, int Rows) Find(int row, int wanted)
    {
        int index = 0;
        while (row >= Tensors[index].Dimensions[0])
        {
            row -= (int)Tensors[index++].Dimensions[0];
        }

        return (Tensors[index], row, Math.Min(wanted, (int)Tensors[index].Dimensions[0] - row));
    }
}
