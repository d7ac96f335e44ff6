// SPDX-License-Identifier: Apache-2.0
using System.Numerics.Tensors;

namespace KleidiSharp.Tests;

public sealed class TensorTests
{
    private const int N = 5, K = 32, M = 3;

    public static TheoryData<ComputeBackend> Backends => [ComputeBackend.Managed, ComputeBackend.Native];

    [SkippableTheory]
    [MemberData(nameof(Backends))]
    public void Rows_may_be_apart(ComputeBackend backend)
    {
        using ComputeContext compute = Require.Context(backend);
        using PackedWeights packed = Pack(compute);
        float[] dense = new Drawn(1).Values(M * K);
        var expected = new float[M * N];
        packed.MatMul(dense, expected, M);

        var x = new float[M * 40];
        var y = new float[(M * 9) - 4];
        for (int row = 0; row < M; row++)
        {
            dense.AsSpan(row * K, K).CopyTo(x.AsSpan(row * 40));
        }

        foreach (int rows in new[] { M, 2 })
        {
            Array.Fill(y, 77);
            packed.MatMul(new ReadOnlyTensorSpan<float>(x, [rows, K], [40, 1]), new TensorSpan<float>(y, [rows, N], [9, 1]));
            for (int row = 0; row < rows; row++)
            {
                Parity.AssertSameBits(expected.AsSpan(row * N, N), y.AsSpan(row * 9, N));
                Assert.All(y.Skip((row * 9) + N).Take(4), value => Assert.Equal(77, value));
            }
        }

        packed.MatMul(new ReadOnlyTensorSpan<float>(dense, [1, K]), new TensorSpan<float>(y, [1, N]));
        Parity.AssertSameBits(expected.AsSpan(0, N), y.AsSpan(0, N));
        packed.MatMul(new ReadOnlyTensorSpan<float>(dense, [0, K]), new TensorSpan<float>(y, [0, N]));
        packed.Dispose();
        Assert.Throws<ObjectDisposedException>(() =>
            packed.MatMul(new ReadOnlyTensorSpan<float>(dense, [0, K]), new TensorSpan<float>(y, [0, N])));
    }

    [Fact]
    public void Shapes_are_checked_and_named()
    {
        using ComputeContext compute = new(new ComputeOptions { Backend = ComputeBackend.Managed, Threads = 1 });
        using PackedWeights packed = Pack(compute);
        var x = new float[200];
        var y = new float[200];
        AssertRefused("x has 1 dimensions; it needs 2: rows × InFeatures 32", [96], [], [M, N], []);
        AssertRefused("x is 3 × 31; its rows need InFeatures 32", [M, 31], [], [M, N], []);
        AssertRefused("y is 3 × 6; its rows need OutFeatures 5", [M, K], [], [M, 6], []);
        AssertRefused("x has 3 rows, y has 2", [M, K], [], [2, N], []);
        AssertRefused("x has stride 2 along its rows", [M, K], [64, 2], [M, N], []);
        AssertRefused("x has stride 0 between rows; it must be at least InFeatures 32", [M, K], [0, 1], [M, N], []);
        Assert.Contains("y overlaps x", Assert.Throws<ArgumentException>(() => packed.MatMul(
            new ReadOnlyTensorSpan<float>(x, [2, K], [90, 1]), new TensorSpan<float>(x.AsSpan(40), [2, N], [90, 1]))).Message, StringComparison.Ordinal);

        void AssertRefused(string message, nint[] xLengths, nint[] xStrides, nint[] yLengths, nint[] yStrides) =>
            Assert.Contains(
                message,
                Assert.Throws<ArgumentException>(() =>
                    packed.MatMul(new ReadOnlyTensorSpan<float>(x, xLengths, xStrides), new TensorSpan<float>(y, yLengths, yStrides))).Message,
                StringComparison.Ordinal);
    }

    [Fact]
    public unsafe void Tensors_beyond_a_span_are_refused_before_they_are_read()
    {
        using ComputeContext compute = new(new ComputeOptions { Backend = ComputeBackend.Managed, Threads = 1 });
        using PackedWeights packed = Pack(compute);
        float nothing = 0;
        float* data = &nothing;
        nint many = 1 << 28;
        string message = Assert.Throws<ArgumentException>("x", () => packed.MatMul(
            new ReadOnlyTensorSpan<float>(data, many * K, [many, K], []), new TensorSpan<float>(data, many * N, [many, N], []))).Message;
        Assert.Contains("x reaches over 8589934592 values, 268435456 rows with stride 32", message, StringComparison.Ordinal);
        message = Assert.Throws<ArgumentException>("y", () => packed.MatMul(
            new ReadOnlyTensorSpan<float>(data, 2 * K, [2, K], []), new TensorSpan<float>(data, many * 9, [2, N], [many * 8, 1]))).Message;
        Assert.Contains("y reaches over 2147483653 values, 2 rows with stride 2147483648", message, StringComparison.Ordinal);
    }

    private static PackedWeights Pack(ComputeContext compute) =>
        PackedWeights.Quantize(new Drawn(2).Values(N * K), N, K, WeightFormat.Int4Group(32), compute: compute);
}
