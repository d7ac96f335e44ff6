// SPDX-License-Identifier: Apache-2.0
using System.Runtime.Intrinsics;

namespace KleidiSharp;

/// <summary>
/// A row of prepared activations by a panel of 32 columns of codes. The order of floating-point operations is that of
/// <see cref="ReferenceRow"/>.
/// </summary>
internal static unsafe class CodePanelKernels
{
    /// <summary>Computes the results of a row before they are cut to the range.</summary>
    /// <param name="shape">The weights.</param>
    /// <param name="panel">The panel.</param>
    /// <param name="x">The activations.</param>
    /// <param name="row">Which row of them.</param>
    /// <param name="results">Receives 32 results.</param>
    public static void Run(in PackedShape shape, byte* panel, PreparedRows x, int row, float* results)
    {
        switch (shape.Format.Kind)
        {
            case WeightKind.Int4Group:
                Int4Group(shape, panel, x, row, results);
                break;
            case WeightKind.Int8Channel:
                Channel<Int8Block>(shape, panel, x, row, results);
                break;
            case WeightKind.Int2Channel:
                Channel<Int2Block>(shape, panel, x, row, results);
                break;
            case WeightKind.Int4Channel:
                Channel<Int4Block>(shape, panel, x, row, results);
                break;
            case WeightKind.Q4_0:
                Q4_0(shape, panel, x, row, results);
                break;
            default:
                Int4Asymmetric(shape, panel, x, row, results);
                break;
        }
    }

    private static void Int4Group(in PackedShape shape, byte* panel, PreparedRows x, int row, float* results)
    {
        int* sums = stackalloc int[CodeBlocks.Columns];
        new Span<float>(results, CodeBlocks.Columns).Clear();
        int group = shape.GroupValues;
        for (int g = 0; g < shape.Groups; g++)
        {
            CodeBlocks.Sum<Int4Block>(panel, group, WordsOf(x, row, g, group), x.Sums(row)[g], sums);
            byte* scales = panel + (group / 32 * Int4Block.Bytes);
            for (int i = 0; i < CodeBlocks.Columns; i += 8)
            {
                Vector256<float> scale = BFloat16Weights.Load(scales + (i * sizeof(ushort)));
                Vector256.FusedMultiplyAdd(Float(sums + i), scale, Vector256.Load(results + i)).Store(results + i);
            }

            panel = scales + (CodeBlocks.Columns * sizeof(ushort));
        }

        float* rowSums = (float*)panel;
        float* bias = rowSums + CodeBlocks.Columns;
        for (int i = 0; i < CodeBlocks.Columns; i++)
        {
            results[i] = ReferenceRow.FinishInt4Group(results[i], rowSums[i], x.ZeroPoint(row), x.Scales(row)[0], bias[i]);
        }
    }

    private static void Channel<TBlock>(in PackedShape shape, byte* panel, PreparedRows x, int row, float* results)
        where TBlock : struct, ICodeBlock
    {
        int* sums = stackalloc int[CodeBlocks.Columns];
        CodeBlocks.Sum<TBlock>(panel, shape.GroupValues, x.Words(row), x.Sums(row)[0], sums);
        int* sumsOfWeights = (int*)(panel + (shape.GroupValues / 32 * TBlock.Bytes));
        float* scales = (float*)sumsOfWeights + CodeBlocks.Columns;
        float* bias = scales + CodeBlocks.Columns;
        float scaleX = x.Scales(row)[0];
        for (int i = 0; i < CodeBlocks.Columns; i++)
        {
            int sum = sums[i] - (x.ZeroPoint(row) * sumsOfWeights[i]);
            results[i] = shape.Format.Kind == WeightKind.Int4Channel
                ? ReferenceRow.Int4Channel(sum, scaleX, scales[i], bias[i])
                : ReferenceRow.Channel(sum, scaleX, scales[i], bias[i]);
        }
    }

    private static void Q4_0(in PackedShape shape, byte* panel, PreparedRows x, int row, float* results)
    {
        int* sums = stackalloc int[CodeBlocks.Columns];
        new Span<float>(results, CodeBlocks.Columns).Clear();
        for (int g = 0; g < shape.Groups; g++)
        {
            CodeBlocks.Sum<Int4Block>(panel, 32, WordsOf(x, row, g, 32), x.Sums(row)[g], sums);
            byte* scales = panel + Int4Block.Bytes;
            Vector256<float> scaleX = Vector256.Create(x.Scales(row)[g]);
            for (int i = 0; i < CodeBlocks.Columns; i += 8)
            {
                Vector256<float> scale = scaleX * Float16Weights.Load(scales + (i * sizeof(ushort)));
                Vector256.FusedMultiplyAdd(Float(sums + i), scale, Vector256.Load(results + i)).Store(results + i);
            }

            panel = scales + (CodeBlocks.Columns * sizeof(ushort));
        }

        AddBias((float*)panel, results);
    }

    private static void Int4Asymmetric(in PackedShape shape, byte* panel, PreparedRows x, int row, float* results)
    {
        int* sums = stackalloc int[CodeBlocks.Columns];
        new Span<float>(results, CodeBlocks.Columns).Clear();
        int group = shape.GroupValues;
        for (int g = 0; g < shape.Groups; g++)
        {
            CodeBlocks.Sum<Int4Block>(panel, group, WordsOf(x, row, g, group), x.Sums(row)[g], sums);
            float* zeros = (float*)(panel + (group / 32 * Int4Block.Bytes));
            float* sixteenths = zeros + CodeBlocks.Columns;
            Vector256<float> scaleX = Vector256.Create(x.Scales(row)[g]);
            Vector256<float> sumX = Vector256.Create(x.Sums(row)[g] * x.Scales(row)[g]);
            for (int i = 0; i < CodeBlocks.Columns; i += 8)
            {
                Vector256<float> acc = Vector256.FusedMultiplyAdd(Vector256.Load(zeros + i), sumX, Vector256.Load(results + i));
                Vector256<float> sum = Vector256.ConvertToSingle(Vector256.Load(sums + i) << 4);
                Vector256.FusedMultiplyAdd(sum, Vector256.Load(sixteenths + i) * scaleX, acc).Store(results + i);
            }

            panel = (byte*)(sixteenths + CodeBlocks.Columns);
        }

        AddBias((float*)panel, results);
    }

    private static void AddBias(float* bias, float* results)
    {
        for (int i = 0; i < CodeBlocks.Columns; i++)
        {
            results[i] += bias[i];
        }
    }

    private static Vector256<float> Float(int* sums) => Vector256.ConvertToSingle(Vector256.Load(sums));

    private static int* WordsOf(PreparedRows x, int row, int group, int groupValues) =>
        x.Words(row) + (group * (long)(groupValues / 32 * CodeBlocks.WordsPerBlock));
}
