// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp.Models;

/// <summary>
/// The angles by which heads are turned to tell positions apart: position · base^(-2i / length) / factor[i] for pair i,
/// computed in double, its sine and cosine rounded to floats.
/// </summary>
internal sealed class RotaryEmbedding
{
    /// <summary>The largest angle whose sine and cosine <see cref="DeterministicMath.SinCos"/> gives.</summary>
    public const int MaxAngle = 1 << 30;

    private readonly double[] frequencies;

    public RotaryEmbedding(LlamaConfig config, float[]? factors)
    {
        frequencies = new double[config.RopeLength / 2];
        for (int i = 0; i < frequencies.Length; i++)
        {
            frequencies[i] = DeterministicMath.Pow(config.RopeBase, -2.0 * i / config.RopeLength) / (factors?[i] ?? 1);
        }
    }

    /// <summary>The number of a head's values that are turned.</summary>
    public int Length => 2 * frequencies.Length;

    /// <summary>The factors of a position, for <see cref="VectorMath.Rotate"/>.</summary>
    public void Angles(int position, Span<float> left, Span<float> right)
    {
        for (int i = 0; i < frequencies.Length; i++)
        {
            (double sin, double cos) = DeterministicMath.SinCos(position * frequencies[i]);
            left[2 * i] = right[2 * i + 1] = (float)cos;
            left[2 * i + 1] = (float)sin;
            right[2 * i] = -(float)sin;
        }
    }
}
