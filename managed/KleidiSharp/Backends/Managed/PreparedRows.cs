// SPDX-License-Identifier: Apache-2.0
using System.Runtime.InteropServices;

namespace KleidiSharp;

/// <summary>A block of rows of x as the managed kernels of a format take them, in memory that is reused.</summary>
internal sealed unsafe class PreparedRows : IDisposable
{
    private readonly ScratchBuffer scratch = new();
    private PackedShape shape;
    private int words;
    private int groups;
    private int scalesPerRow;
    private float* values;
    private sbyte* codes;

    /// <summary>The first row of floats; only for float weights.</summary>
    public float* Values => values;

    /// <summary>Words of a row.</summary>
    public int WordsPerRow => words;

    private bool* Finite { get; set; }

    private int* FirstWord { get; set; }

    private int* FirstSum { get; set; }

    private int* FirstZeroPoint { get; set; }

    private float* FirstScale { get; set; }

    public bool IsFinite(int row) => Finite[row];

    /// <summary>The activations of a row, spread for the code blocks of the format.</summary>
    public int* Words(int row) => FirstWord + (row * (long)words);

    /// <summary>The sums of the codes of a row, one a group.</summary>
    public int* Sums(int row) => FirstSum + (row * (long)groups);

    public int ZeroPoint(int row) => FirstZeroPoint[row];

    /// <summary>The scales of a row: one, or one a group.</summary>
    public float* Scales(int row) => FirstScale + (row * (long)scalesPerRow);

    /// <summary>Prepares rows.</summary>
    /// <param name="weights">The weights they are multiplied by.</param>
    /// <param name="arguments">Where x is.</param>
    /// <param name="begin">The first row.</param>
    /// <param name="count">How many.</param>
    public void Prepare(in PackedShape weights, in MatMulArguments arguments, int begin, int count)
    {
        shape = weights;
        int k = shape.InFeatures;
        if (shape.Format.Traits.IsFloat)
        {
            values = (float*)scratch.Reserve((ulong)(count * ((k * (long)sizeof(float)) + 1)));
            Finite = (bool*)(values + (count * (long)k));
            for (int row = 0; row < count; row++)
            {
                var rowValues = new Span<float>(values + (row * (long)k), k);
                Read(arguments, begin + row, rowValues);
                ReferenceActivations.RoundTo(shape.Format.Kind, rowValues);
                Finite[row] = ReferenceKernels.IsFinite(rowValues);
            }

            return;
        }

        Reserve(count);
        for (int row = 0; row < count; row++)
        {
            Quantize(arguments, begin + row, row);
            Spread(row);
        }
    }

    public void Dispose() => scratch.Dispose();

    private void Reserve(int rows)
    {
        int k = shape.InFeatures;
        groups = shape.Groups;
        int padded = groups * shape.GroupValues;
        words = padded / CodeOrder.Piece * CodeBlocks.WordsPerBlock;
        scalesPerRow = shape.Format.Traits.Activations == ActivationRule.PerRow ? 1 : groups;
        long perRow = words + groups + 1L + scalesPerRow;
        FirstWord = (int*)scratch.Reserve((ulong)((((rows * perRow) + k) * sizeof(int)) + padded));
        FirstSum = FirstWord + (rows * (long)words);
        FirstZeroPoint = FirstSum + (rows * (long)groups);
        FirstScale = (float*)(FirstZeroPoint + rows);
        values = FirstScale + (rows * (long)scalesPerRow);
        codes = (sbyte*)(values + k);
        new Span<sbyte>(codes, padded).Clear();
    }

    private void Quantize(in MatMulArguments arguments, int from, int row)
    {
        QuantParameters calibrated = arguments.XFormat.Quantization;
        var rowCodes = new Span<sbyte>(codes, shape.InFeatures);
        var rowScales = new Span<float>(Scales(row), scalesPerRow);
        FirstZeroPoint[row] = calibrated.ZeroPoint;
        if (arguments.XFormat.Type == ActivationType.Int8)
        {
            new ReadOnlySpan<sbyte>(arguments.X + (from * arguments.XStride), rowCodes.Length).CopyTo(rowCodes);
            rowScales[0] = calibrated.Scale;
            return;
        }

        var rowValues = new Span<float>(values, shape.InFeatures);
        Read(arguments, from, rowValues);
        switch (shape.Format.Kind)
        {
            case WeightKind.Q4_0:
                ReferenceKernels.QuantizeActivationsPer32(rowValues, rowCodes, rowScales);
                break;
            case WeightKind.Int4Asymmetric:
                ReferenceKernels.QuantizeActivationsPerGroup(rowValues, shape.Format.GroupSize, rowCodes, rowScales);
                break;
            case var _ when !calibrated.IsNone:
                rowScales[0] = ReferenceKernels.QuantizeActivations(rowValues, calibrated, rowCodes);
                break;
            default:
                ReferenceKernels.QuantizeActivations(rowValues, rowCodes, out FirstZeroPoint[row], out rowScales[0]);
                break;
        }
    }

    private void Spread(int row)
    {
        delegate*<sbyte*, int*, void> spread = shape.Format.Traits.Bits switch
        {
            2 => &Int2Block.Spread,
            4 => &Int4Block.Spread,
            _ => &Int8Block.Spread,
        };
        int blocks = words / CodeBlocks.WordsPerBlock;
        for (int block = 0; block < blocks; block++)
        {
            spread(codes + (block * CodeOrder.Piece), Words(row) + (block * CodeBlocks.WordsPerBlock));
        }

        for (int group = 0; group < groups; group++)
        {
            int sum = 0;
            foreach (sbyte code in new ReadOnlySpan<sbyte>(codes + (group * shape.GroupValues), shape.GroupValues))
            {
                sum += code;
            }

            Sums(row)[group] = sum;
        }
    }

    private static void Read(in MatMulArguments arguments, int row, Span<float> rowValues)
    {
        int size = arguments.XFormat.ElementSize;
        byte* first = arguments.X + (row * arguments.XStride * size);
        if (arguments.XFormat.Type == ActivationType.Float32)
        {
            new ReadOnlySpan<float>(first, rowValues.Length).CopyTo(rowValues);
        }
        else
        {
            ActivationRows.Read(new ReadOnlySpan<byte>(first, rowValues.Length * size), arguments.XFormat.Type, rowValues);
        }
    }
}
