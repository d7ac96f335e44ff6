// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp.Tool.Bench;

/// <summary>Layers of one shape in a model.</summary>
/// <param name="Name">The layers that have it.</param>
/// <param name="OutFeatures">Rows of the weight matrix (n).</param>
/// <param name="InFeatures">Columns of the weight matrix (k).</param>
/// <param name="PerModel">How many such layers a token passes through; 0 where there is no model.</param>
/// <param name="MeasuredOut">Rows that are measured; times and sizes are scaled up to
/// <paramref name="OutFeatures"/>.</param>
internal sealed record LayerShape(string Name, int OutFeatures, int InFeatures, int PerModel, int MeasuredOut)
{
    private const int HeadOut = 128256;

    /// <summary>How much larger the layer is than what is measured of it.</summary>
    public double Scale => (double)OutFeatures / MeasuredOut;

    /// <summary>What the README compares with other libraries: the usual matrices of models of 1 and 7 billion
    /// weights.</summary>
    public static IReadOnlyList<LayerShape> Peers { get; } =
        [Of(2048, 2048), Of(2048, 8192), Of(8192, 2048), Of(4096, 4096), Of(4096, 11008)];

    /// <summary>A matrix by itself.</summary>
    public static LayerShape Of(int inFeatures, int outFeatures) =>
        new($"{inFeatures}x{outFeatures}", outFeatures, inFeatures, 0, outFeatures);

    /// <summary>The layers of Llama-3.2-1B: 16 blocks and the output head.</summary>
    /// <param name="headDivisor">Only this fraction of the head's rows is measured: 1, 2, 4, 8 or 16.</param>
    public static IReadOnlyList<LayerShape> Llama32With1B(int headDivisor) =>
    [
        new("q, o", 2048, 2048, 2 * 16, 2048),
        new("k, v", 512, 2048, 2 * 16, 512),
        new("gate, up", 8192, 2048, 2 * 16, 8192),
        new("down", 2048, 8192, 16, 2048),
        new("head", HeadOut, 2048, 1, HeadOut / headDivisor),
    ];
}
