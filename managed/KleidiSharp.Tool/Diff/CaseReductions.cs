// SPDX-License-Identifier: Apache-2.0
using KleidiSharp.Tool.Doctor;

namespace KleidiSharp.Tool.Diff;

/// <summary>Ways to make a case smaller or simpler.</summary>
internal static class CaseReductions
{
    private const int SmallestGroup = 32;

    // Kernels cut work in tiles of a few rows and columns: each such size may be the one that fails.
    private const int SmallCounts = 8;

    /// <summary>Smaller and simpler cases, those that take most away first.</summary>
    /// <param name="drawn">The case.</param>
    /// <param name="row">A row of y that is to stay, if possible.</param>
    /// <param name="column">A column of y that is to stay, if possible.</param>
    public static IEnumerable<DrawnCase> Of(DrawnCase drawn, int row, int column)
    {
        foreach ((int start, int count) in Windows(drawn.M, 1, row))
        {
            yield return WithRows(drawn, start, count);
        }

        foreach ((int start, int count) in Windows(drawn.N, 1, column))
        {
            yield return WithColumns(drawn, start, count);
        }

        foreach ((int start, int count) in Windows(drawn.K, drawn.Format.GroupSize > 0 ? drawn.Format.GroupSize : drawn.Format.Fits(1) ? 1 : SmallestGroup, 0))
        {
            yield return WithDepth(drawn, start, count);
        }

        if (drawn.Format.GroupSize > SmallestGroup)
        {
            yield return drawn with { Format = KernelTable.FormatOf(drawn.Format.Kind, SmallestGroup) };
        }

        if (drawn.Bias is not null)
        {
            yield return drawn with { Bias = null };
        }

        if (drawn.YFormat != ActivationFormat.Float32)
        {
            yield return drawn with { YFormat = ActivationFormat.Float32 };
        }

        if (drawn.XFormat != ActivationFormat.Float32)
        {
            yield return drawn with { XFormat = ActivationFormat.Float32 };
        }

        if (drawn.Clamp != Clamp.None)
        {
            yield return drawn with { Clamp = Clamp.None };
        }

        if (drawn.Threads > 1)
        {
            yield return drawn with { Threads = 1 };
        }

        if (drawn.XStride > drawn.K)
        {
            yield return drawn with { X = drawn.DenseX(), XStride = drawn.K };
        }

        if (drawn.YStride > drawn.N)
        {
            yield return drawn with { YStride = drawn.N };
        }

        foreach (float[] x in Simpler(drawn.X))
        {
            yield return drawn with { X = Array.ConvertAll(x, value => ActivationBytes.Round(value, drawn.XFormat.Type)) };
        }

        foreach (float[] weights in Simpler(drawn.Weights))
        {
            yield return drawn with { Weights = weights };
        }

        foreach (float[] bias in Simpler(drawn.Bias ?? []))
        {
            yield return drawn with { Bias = bias };
        }
    }

    private static DrawnCase WithRows(DrawnCase drawn, int start, int count) => drawn with
    {
        M = count,
        X = drawn.X[(start * drawn.XStride)..(((start + count - 1) * drawn.XStride) + drawn.K)],
        RowKinds = [.. drawn.RowKinds.Skip(start).Take(count)],
    };

    private static DrawnCase WithColumns(DrawnCase drawn, int start, int count) => drawn with
    {
        N = count,
        YStride = count + drawn.YStride - drawn.N,
        Weights = drawn.Weights[(start * drawn.K)..((start + count) * drawn.K)],
        Bias = drawn.Bias?[start..(start + count)],
    };

    private static DrawnCase WithDepth(DrawnCase drawn, int start, int count) => drawn with
    {
        K = count,
        XStride = count,
        X = Cut(drawn.X, drawn.M, drawn.XStride, start, count),
        Weights = Cut(drawn.Weights, drawn.N, drawn.K, start, count),
    };

    private static float[] Cut(float[] values, int rows, int stride, int start, int count)
    {
        var cut = new float[rows * count];
        for (int row = 0; row < rows; row++)
        {
            values.AsSpan((row * stride) + start, count).CopyTo(cut.AsSpan(row * count));
        }

        return cut;
    }

    // Parts of 0..total in whole units: a few of them, half, all but one; around a place, from the front, to the end.
    private static IEnumerable<(int Start, int Count)> Windows(int total, int unit, int at)
    {
        int units = total / unit;
        int place = at / unit;
        return Enumerable.Range(1, SmallCounts).Append(units / 2).Append(units - 1)
            .Where(count => count < units && count > 0)
            .Distinct()
            .SelectMany(count => new[] { Math.Min(place, units - count), 0, units - count }
                .Distinct()
                .Select(start => (start * unit, count * unit)));
    }

    // Zeros in ever smaller blocks, then ones, then whole numbers.
    private static IEnumerable<float[]> Simpler(float[] values)
    {
        for (int size = values.Length; size > 0; size /= 2)
        {
            for (int start = 0; start < values.Length; start += size)
            {
                int end = Math.Min(start + size, values.Length);
                if (values.AsSpan(start, end - start).IndexOfAnyExcept(0f) >= 0)
                {
                    yield return [.. values[..start], .. new float[end - start], .. values[end..]];
                }
            }
        }

        for (int i = 0; i < values.Length; i++)
        {
            foreach (float simple in new[] { 1f, MathF.Round(values[i]) })
            {
                if (values[i] is not (0 or 1) && simple != 0 && float.IsFinite(values[i]) && simple != values[i])
                {
                    yield return [.. values[..i], simple, .. values[(i + 1)..]];
                }
            }
        }
    }
}
