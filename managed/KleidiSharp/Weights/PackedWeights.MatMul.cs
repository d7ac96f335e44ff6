// SPDX-License-Identifier: Apache-2.0
using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace KleidiSharp;

/// <content>Multiplying.</content>
public sealed partial class PackedWeights
{
    /// <summary>y[rows, n] = clamp(x[rows, k] · wᵀ + bias), both dense and row-major.</summary>
    /// <param name="x">Activations, at least rows · k values. A row that is not finite gives a row of NaN.</param>
    /// <param name="y">Receives rows · n results; must not overlap x.</param>
    /// <param name="rows">Rows of x and y (m).</param>
    /// <param name="clamp">The range to which results are cut.</param>
    /// <param name="compute">Where to work; null for the context that the weights were packed or opened with.</param>
    /// <exception cref="ArgumentException">A span is too short, or they overlap.</exception>
    public void MatMul(ReadOnlySpan<float> x, Span<float> y, int rows, Clamp clamp = default, ComputeContext? compute = null) =>
        Dense(x, ActivationFormat.Float32, y, ActivationFormat.Float32, rows, clamp, compute);

    /// <summary>
    /// y[rows, n] = clamp(x[rows, k] · wᵀ + bias) with 16-bit floats: x is taken exactly, results are rounded once.
    /// </summary>
    /// <param name="x">Activations, at least rows · k values. A row that is not finite gives a row of NaN.</param>
    /// <param name="y">Receives rows · n results; must not overlap x.</param>
    /// <param name="rows">Rows of x and y (m).</param>
    /// <param name="clamp">The range to which results are cut, before they are rounded.</param>
    /// <param name="compute">Where to work; null for the context that the weights were packed or opened with.</param>
    /// <exception cref="ArgumentException">A span is too short, or they overlap.</exception>
    public void MatMul(ReadOnlySpan<Half> x, Span<Half> y, int rows, Clamp clamp = default, ComputeContext? compute = null) =>
        Dense(x, ActivationFormat.Float16, y, ActivationFormat.Float16, rows, clamp, compute);

    /// <summary>
    /// Calibrated int8 (static quantisation): codes in, codes out. Sums are exact; the result in f32 becomes
    /// clamp(round(y · (1 / scale)) + zero point, -128, 127).
    /// </summary>
    /// <param name="x">Codes of activations, at least rows · k.</param>
    /// <param name="xQuantization">What they stand for.</param>
    /// <param name="y">Receives rows · n codes; must not overlap x.</param>
    /// <param name="yQuantization">What they stand for.</param>
    /// <param name="rows">Rows of x and y (m).</param>
    /// <param name="clamp">The range to which results are cut, before they become codes.</param>
    /// <param name="compute">Where to work; null for the context that the weights were packed or opened with.</param>
    /// <exception cref="ArgumentException">
    /// A span is too short, they overlap, or the format is not one whose activations are quantised per row.
    /// </exception>
    public void MatMul(
        ReadOnlySpan<sbyte> x,
        QuantParameters xQuantization,
        Span<sbyte> y,
        QuantParameters yQuantization,
        int rows,
        Clamp clamp = default,
        ComputeContext? compute = null) =>
        Dense(x, ActivationFormat.Int8(xQuantization), y, ActivationFormat.Int8(yQuantization), rows, clamp, compute);

    /// <summary>Calibrated int8 activations, results in f32.</summary>
    /// <param name="x">Codes of activations, at least rows · k.</param>
    /// <param name="xQuantization">What they stand for.</param>
    /// <param name="y">Receives rows · n results.</param>
    /// <param name="rows">Rows of x and y (m).</param>
    /// <param name="clamp">The range to which results are cut.</param>
    /// <param name="compute">Where to work; null for the context that the weights were packed or opened with.</param>
    /// <exception cref="ArgumentException">
    /// A span is too short, or the format is not one whose activations are quantised per row.
    /// </exception>
    public void MatMul(
        ReadOnlySpan<sbyte> x,
        QuantParameters xQuantization,
        Span<float> y,
        int rows,
        Clamp clamp = default,
        ComputeContext? compute = null) =>
        Dense(x, ActivationFormat.Int8(xQuantization), y, ActivationFormat.Float32, rows, clamp, compute);

    /// <summary>y[rows, n] = clamp(x[rows, k] · wᵀ + bias) with any types, bfloat16 and calibrated floats included.</summary>
    /// <param name="x">The bytes of rows · k activations, aligned as their type asks.</param>
    /// <param name="xFormat">Their type.</param>
    /// <param name="y">Receives the bytes of rows · n results, aligned as their type asks; must not overlap x.</param>
    /// <param name="yFormat">Their type.</param>
    /// <param name="rows">Rows of x and y (m).</param>
    /// <param name="clamp">The range to which results are cut, before they are rounded.</param>
    /// <param name="compute">Where to work; null for the context that the weights were packed or opened with.</param>
    /// <exception cref="ArgumentException">
    /// A span is too short, they overlap, or a type does not go with the format of the weights.
    /// </exception>
    public void MatMul(
        ReadOnlySpan<byte> x,
        ActivationFormat xFormat,
        Span<byte> y,
        ActivationFormat yFormat,
        int rows,
        Clamp clamp = default,
        ComputeContext? compute = null) =>
        Dense(x, xFormat, y, yFormat, rows, clamp, compute);

    /// <summary>y = clamp(x · wᵀ + bias) over tensors whose rows may be apart.</summary>
    /// <param name="x">Activations [m, k], dense along k. A row that is not finite gives a row of NaN.</param>
    /// <param name="y">Receives [m, n], dense along n; its memory must not overlap that of x.</param>
    /// <param name="clamp">The range to which results are cut.</param>
    /// <param name="compute">Where to work; null for the context that the weights were packed or opened with.</param>
    /// <exception cref="ArgumentException">A shape or stride does not fit; the message gives the sizes.</exception>
    public void MatMul(
        in ReadOnlyTensorSpan<float> x, in TensorSpan<float> y, Clamp clamp = default, ComputeContext? compute = null)
    {
        TensorMatrix.Check(nameof(x), x.Lengths, x.Strides, InFeatures, nameof(InFeatures));
        TensorMatrix.Check(nameof(y), y.Lengths, y.Strides, OutFeatures, nameof(OutFeatures));
        if (x.Lengths[0] != y.Lengths[0])
        {
            throw new ArgumentException($"x has {x.Lengths[0]} rows, y has {y.Lengths[0]}; they must be as many.", nameof(y));
        }

        if (x.Lengths[0] == 0)
        {
            MatMul([], Span<float>.Empty, 0, clamp, compute);
            return;
        }

        nint xStride = TensorMatrix.RowStride(x.Lengths, x.Strides);
        nint yStride = TensorMatrix.RowStride(y.Lengths, y.Strides);
        ReadOnlySpan<float> xSpan = MemoryMarshal.CreateReadOnlySpan(
            in x.GetPinnableReference(), TensorMatrix.SpanLength(nameof(x), x.Lengths, xStride));
        Span<float> ySpan = MemoryMarshal.CreateSpan(
            ref y.GetPinnableReference(), TensorMatrix.SpanLength(nameof(y), y.Lengths, yStride));
        Multiply(
            xSpan,
            xStride,
            ActivationFormat.Float32,
            ySpan,
            yStride,
            ActivationFormat.Float32,
            (int)x.Lengths[0],
            clamp,
            compute ?? context);
    }

    private void Dense<TX, TY>(
        ReadOnlySpan<TX> x,
        ActivationFormat xFormat,
        Span<TY> y,
        ActivationFormat yFormat,
        int rows,
        Clamp clamp,
        ComputeContext? compute)
        where TX : unmanaged
        where TY : unmanaged
    {
        int xPer = xFormat.ElementSize / Unsafe.SizeOf<TX>();
        int yPer = yFormat.ElementSize / Unsafe.SizeOf<TY>();
        Ensure.MatMul(x.Length / xPer, y.Length / yPer, rows, OutFeatures, InFeatures);
        Ensure.Activations(Format, xFormat, yFormat);
        Multiply(
            x[..(rows * InFeatures * xPer)],
            InFeatures,
            xFormat,
            y[..(rows * OutFeatures * yPer)],
            OutFeatures,
            yFormat,
            rows,
            clamp,
            compute ?? context);
    }

    private unsafe void Multiply<TX, TY>(
        ReadOnlySpan<TX> x,
        long xStride,
        ActivationFormat xFormat,
        Span<TY> y,
        long yStride,
        ActivationFormat yFormat,
        int rows,
        Clamp clamp,
        ComputeContext compute)
        where TX : unmanaged
        where TY : unmanaged
    {
        using var hold = new BlobHold(this, blob.Memory);
        IBackend backend = compute.Implementation;
        fixed (TX* xFirst = x)
        fixed (TY* yFirst = y)
        {
            long xBytes = (long)x.Length * sizeof(TX);
            long yBytes = (long)y.Length * sizeof(TY);
            if (xBytes > 0 && yBytes > 0 && (byte*)xFirst < (byte*)yFirst + yBytes && (byte*)yFirst < (byte*)xFirst + xBytes)
            {
                throw new ArgumentException("y overlaps x; results need memory of their own.", nameof(y));
            }

            if (rows > 0)
            {
                long start = Metrics.StartMatMul();
                backend.MatMul(blob, new MatMulArguments
                {
                    Rows = rows,
                    X = (byte*)xFirst,
                    XCount = xBytes / xFormat.ElementSize,
                    XStride = xStride,
                    XFormat = xFormat,
                    Y = (byte*)yFirst,
                    YCount = yBytes / yFormat.ElementSize,
                    YStride = yStride,
                    YFormat = yFormat,
                    Clamp = clamp,
                    DisabledTiers = compute.TiersOff,
                    Kernel = compute.ForcedFor(Format),
                });
                Metrics.EndMatMul(start, Format);
            }
        }
    }
}
