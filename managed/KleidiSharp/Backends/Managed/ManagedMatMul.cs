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

    private readonly ScratchBuffer scratch = new();
    private PackedShape shape;
    private byte* panels;
    private float* x;
    private long xStride;
    private float* y;
    private long yStride;
    private Clamp clamp;
    private int rows;
    private int pieces;

    // Prepared activations of a block of rows, in scratch.
    private bool* finite;
    private int* words;
    private int* offsets;
    private int* zeroPoints;
    private float* scales;

    public void Run(PackedBlob blob, in MatMulArguments arguments, WorkerTeam team, int threads)
    {
        shape = blob.Shape;
        panels = blob.Memory.Address + PackedShape.HeaderSize;
        xStride = arguments.XStride;
        yStride = arguments.YStride;
        clamp = arguments.Clamp;
        bool shared = (long)Math.Min(arguments.Rows, BlockRows) * shape.OutFeatures * shape.InFeatures >= WorthSharing;
        pieces = shared ? (int)Math.Min(shape.Panels, threads * 4L) : 1;
        fixed (float* firstX = arguments.X)
        fixed (float* firstY = arguments.Y)
        {
            for (int row = 0; row < arguments.Rows; row += BlockRows)
            {
                rows = Math.Min(BlockRows, arguments.Rows - row);
                x = firstX + (row * xStride);
                y = firstY + (row * yStride);
                if (shape.Format.Kind == WeightKind.Float32)
                {
                    PrepareFloat32();
                }
                else
                {
                    PrepareInt4();
                }

                team.Run(this, pieces);
            }
        }
    }

    public override void Run(int piece)
    {
        long last = shape.Panels * (piece + 1) / pieces;
        for (long panel = shape.Panels * piece / pieces; panel < last; panel++)
        {
            if (shape.Format.Kind == WeightKind.Float32)
            {
                MultiplyFloat32((int)panel);
            }
            else
            {
                MultiplyInt4((int)panel);
            }
        }
    }

    public void Dispose() => scratch.Dispose();

    private void PrepareFloat32()
    {
        finite = (bool*)scratch.Reserve(BlockRows);
        for (int row = 0; row < rows; row++)
        {
            finite[row] = ReferenceKernels.IsFinite(Row(row));
        }
    }

    private void PrepareInt4()
    {
        int k = shape.InFeatures;
        int groups = shape.Groups;
        int wordsPerRow = k / 32 * ManagedKernels.WordsPerBlock;
        long perRow = ((wordsPerRow + groups + 2L) * sizeof(int)) + k;
        words = (int*)scratch.Reserve((ulong)(BlockRows * perRow));
        offsets = words + (BlockRows * (long)wordsPerRow);
        zeroPoints = offsets + (BlockRows * (long)groups);
        scales = (float*)(zeroPoints + BlockRows);
        sbyte* codes = (sbyte*)(scales + BlockRows);
        for (int row = 0; row < rows; row++)
        {
            var rowCodes = new Span<sbyte>(codes, k);
            ReferenceKernels.QuantizeActivations(Row(row), rowCodes, out zeroPoints[row], out scales[row]);
            ManagedKernels.SpreadActivations(codes, k, words + (row * (long)wordsPerRow));
            for (int group = 0; group < groups; group++)
            {
                int sum = 0;
                foreach (sbyte code in rowCodes.Slice(group * shape.Format.GroupSize, shape.Format.GroupSize))
                {
                    sum += code;
                }

                offsets[(row * (long)groups) + group] = 8 * sum;
            }
        }
    }

    private void MultiplyFloat32(int panel)
    {
        float* weights = (float*)(panels + (panel * shape.PanelBytes));
        float* sums = stackalloc float[4 * ManagedKernels.Float32Columns];
        int row = 0;
        for (; row + 4 <= rows; row += 4)
        {
            ManagedKernels.Float32FourRows(weights, shape.InFeatures, x + (row * xStride), xStride, sums);
            for (int i = 0; i < 4; i++)
            {
                StoreFloat32(row + i, panel, sums + (i * ManagedKernels.Float32Columns));
            }
        }

        for (; row < rows; row++)
        {
            ManagedKernels.Float32Row(weights, shape.InFeatures, x + (row * xStride), sums);
            StoreFloat32(row, panel, sums);
        }
    }

    private void StoreFloat32(int row, int panel, float* sums)
    {
        Span<float> results = Results(row, panel);
        for (int column = 0; column < results.Length; column++)
        {
            results[column] = ReferenceKernels.Finish(finite[row] ? sums[column] : float.NaN, clamp);
        }
    }

    private void MultiplyInt4(int panel)
    {
        byte* weights = panels + (panel * shape.PanelBytes);
        float* rowSums = (float*)(weights + (shape.Groups * shape.GroupBytes));
        float* bias = rowSums + ManagedKernels.Int4Columns;
        float* sums = stackalloc float[ManagedKernels.Int4Columns];
        for (int row = 0; row < rows; row++)
        {
            int* rowWords = words + (row * (long)(shape.InFeatures / 32 * ManagedKernels.WordsPerBlock));
            int* rowOffsets = offsets + (row * (long)shape.Groups);
            ManagedKernels.Int4Row(weights, shape.InFeatures, shape.Format.GroupSize, rowWords, rowOffsets, sums);
            Span<float> results = Results(row, panel);
            for (int column = 0; column < results.Length; column++)
            {
                results[column] = ReferenceKernels.FinishInt4(
                    sums[column], rowSums[column], zeroPoints[row], scales[row], bias[column], clamp);
            }
        }
    }

    private ReadOnlySpan<float> Row(int row) => new(x + (row * xStride), shape.InFeatures);

    private Span<float> Results(int row, int panel)
    {
        int first = panel * shape.PanelColumns;
        return new Span<float>(y + (row * yStride) + first, Math.Min(shape.PanelColumns, shape.OutFeatures - first));
    }
}
