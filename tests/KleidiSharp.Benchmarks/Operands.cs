// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp.Benchmarks;

/// <summary>What is multiplied: the same numbers in every run.</summary>
internal static class Operands
{
    /// <summary>The format that most is measured with.</summary>
    public static WeightFormat Int4 => WeightFormat.Int4Group(32);

    /// <summary>A matrix of numbers from -1 to 1.</summary>
    public static float[] Matrix(int rows, int columns)
    {
        var random = new Random(1);
        var values = new float[rows * columns];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = (2 * random.NextSingle()) - 1;
        }

        return values;
    }

    /// <summary>A context with so many threads.</summary>
    public static ComputeContext Context(int threads, ComputeBackend backend = ComputeBackend.Auto) =>
        new(new ComputeOptions { Threads = threads, Backend = backend });
}
