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

    /// <summary>The number of pairs of a head that are turned.</summary>
    public int Pairs => frequencies.Length;

    /// <summary>Cosine and sine of each pair's angle at a position.</summary>
    public void Angles(int position, Span<float> cos, Span<float> sin)
    {
        for (int i = 0; i < frequencies.Length; i++)
        {
            (double s, double c) = DeterministicMath.SinCos(position * frequencies[i]);
            cos[i] = (float)c;
            sin[i] = (float)s;
        }
    }
}
