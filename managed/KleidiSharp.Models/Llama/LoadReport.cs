// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp.Models;

/// <summary>What became of the tensors of a file when its model was loaded.</summary>
public sealed class LoadReport
{
    internal LoadReport(IReadOnlyList<LoadedLayer> layers, IReadOnlyList<string> unusedTensors)
    {
        Layers = layers;
        UnusedTensors = unusedTensors;
    }

    /// <summary>The linear layers in the order in which a token meets them, the output layer last.</summary>
    public IReadOnlyList<LoadedLayer> Layers { get; }

    /// <summary>The layers that are not in the format asked for.</summary>
    public IEnumerable<LoadedLayer> Fallbacks => Layers.Where(layer => layer.FallbackReason is not null);

    /// <summary>Tensors that the file holds and a Llama model has no use for.</summary>
    public IReadOnlyList<string> UnusedTensors { get; }

    /// <summary>Bytes of packed weights that generating one token reads.</summary>
    public long BytesPerToken => Layers.Sum(layer => layer.ByteSize);

    /// <summary>One line for each format, then one for each layer that fell back.</summary>
    public override string ToString() => string.Join('\n',
    [
        .. Layers.GroupBy(layer => layer.Format).Select(format =>
            FormattableString.Invariant($"{format.Count()} layers {format.Key}, {format.Sum(layer => layer.ByteSize)} bytes")),
        .. Fallbacks.Select(layer => $"{layer.Tensor.Name}: {layer.FallbackReason}"),
    ]);
}
