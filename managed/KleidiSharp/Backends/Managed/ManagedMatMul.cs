// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp;

/// <summary>
/// One multiplication of the managed path, cut over panels of columns. Rows of x go in blocks, so that what is prepared
/// of them stays bounded. Reused from call to call.
/// </summary>
internal sealed unsafe class ManagedMatMul : TeamWork, IDisposable
{
    private const int BlockRows = 64;

    // Below so many multiply-adds a second thread costs more than it brings.
    private const long WorthSharing = 1 << 17;

    private readonly PreparedRows prepared = new();
    private PackedShape shape;
    private MatMulArguments arguments;
    private byte* panels;
    private long panelBytes;
    private int columns;
    private int firstRow;
    private int rows;
    private int pieces;

    public void Run(PackedBlob blob, in MatMulArguments what, WorkerTeam team, int threads)
    {
        shape = blob.Shape;
        arguments = what;
        panels = blob.Memory.Address + PackedShape.HeaderSize;
        panelBytes = shape.PanelBytes;
        columns = shape.PanelColumns;
        bool shared = (long)Math.Min(arguments.Rows, BlockRows) * shape.OutFeatures * shape.InFeatures >= WorthSharing;
        pieces = shared ? (int)Math.Min(shape.Panels, threads * 4L) : 1;
        for (firstRow = 0; firstRow < arguments.Rows; firstRow += BlockRows)
        {
            rows = Math.Min(BlockRows, arguments.Rows - firstRow);
            prepared.Prepare(shape, arguments, firstRow, rows);
            team.Run(this, pieces);
        }
    }

    public override void Run(int piece)
    {
        long last = shape.Panels * (piece + 1) / pieces;
        for (long panel = shape.Panels * piece / pieces; panel < last; panel++)
        {
            switch (shape.Format.Kind)
            {
                case WeightKind.Float32:
                    MultiplyFloats<Float32Weights>((int)panel);
                    break;
                case WeightKind.Float16:
                    MultiplyFloats<Float16Weights>((int)panel);
                    break;
                case WeightKind.BFloat16:
                    MultiplyFloats<BFloat16Weights>((int)panel);
                    break;
                default:
                    MultiplyCodes((int)panel);
                    break;
            }
        }
    }

    public void Dispose() => prepared.Dispose();

    private void MultiplyFloats<T>(int panel)
        where T : struct, IFloatWeights
    {
        byte* weights = panels + (panel * panelBytes);
        float* sums = stackalloc float[4 * FloatRows.Columns];
        int k = shape.InFeatures;
        int row = 0;
        for (; row + 4 <= rows; row += 4)
        {
            FloatRows.Four<T>(weights, k, prepared.Values + (row * (long)k), k, sums);
            for (int i = 0; i < 4; i++)
            {
                Store(row + i, panel, sums + (i * FloatRows.Columns), prepared.IsFinite(row + i));
            }
        }

        for (; row < rows; row++)
        {
            FloatRows.One<T>(weights, k, prepared.Values + (row * (long)k), sums);
            Store(row, panel, sums, prepared.IsFinite(row));
        }
    }

    private void MultiplyCodes(int panel)
    {
        float* results = stackalloc float[CodeBlocks.Columns];
        for (int row = 0; row < rows; row++)
        {
            CodePanelKernels.Run(shape, panels + (panel * panelBytes), prepared, row, results);
            Store(row, panel, results, isNumber: true);
        }
    }

    private void Store(int row, int panel, float* results, bool isNumber)
    {
        int first = panel * columns;
        var values = new Span<float>(results, Math.Min(columns, shape.OutFeatures - first));
        foreach (ref float value in values)
        {
            value = ReferenceKernels.Finish(isNumber ? value : float.NaN, arguments.Clamp);
        }

        int size = arguments.YFormat.ElementSize;
        byte* to = arguments.Y + ((((firstRow + row) * arguments.YStride) + first) * size);
        ActivationRows.Write(values, arguments.YFormat, new Span<byte>(to, values.Length * size));
    }
}
