// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp.Models;

/// <summary>The shape of a Llama model, as its metadata gives it.</summary>
public sealed record LlamaConfig
{
    internal LlamaConfig(GgufFile file)
    {
        GgufMetadata metadata = file.Metadata;
        string architecture = metadata.GetString("general.architecture");
        if (architecture != "llama")
        {
            throw new NotSupportedException($"{file.Path}: general.architecture is '{architecture}'; 'llama' is supported.");
        }

        string scaling = metadata.GetString("llama.rope.scaling.type", "none");
        if (scaling != "none")
        {
            throw new NotSupportedException(
                $"{file.Path}: llama.rope.scaling.type is '{scaling}'; 'none' is supported, with or without rope_freqs.weight.");
        }

        BlockCount = Positive("llama.block_count");
        EmbeddingLength = Positive("llama.embedding_length");
        FeedForwardLength = Positive("llama.feed_forward_length");
        HeadCount = Positive("llama.attention.head_count");
        KeyValueHeadCount = Positive("llama.attention.head_count_kv", HeadCount);
        HeadLength = Positive("llama.attention.key_length", Math.Max(1, EmbeddingLength / HeadCount));
        RopeLength = Positive("llama.rope.dimension_count", HeadLength);
        ContextLength = Positive("llama.context_length");
        RopeBase = metadata.GetSingle("llama.rope.freq_base", 10000);
        RmsEpsilon = metadata.GetSingle("llama.attention.layer_norm_rms_epsilon");

        Require(BlockCount <= file.Tensors.Count, "llama.block_count", BlockCount,
            $"at most {file.Tensors.Count}, the number of tensors in the file");
        Require(ContextLength <= RotaryEmbedding.MaxAngle, "llama.context_length", ContextLength,
            $"at most {RotaryEmbedding.MaxAngle}");
        Require(HeadCount % KeyValueHeadCount == 0, "llama.attention.head_count_kv", KeyValueHeadCount,
            $"a divisor of head_count {HeadCount}");
        Require((long)HeadCount * HeadLength <= int.MaxValue, "llama.attention.head_count", HeadCount,
            $"fewer heads of {HeadLength}");
        Require(Positive("llama.attention.value_length", HeadLength) == HeadLength, "llama.attention.value_length",
            metadata.GetInt32("llama.attention.value_length", HeadLength), $"{HeadLength}, as the keys are");
        Require(RopeLength % 2 == 0 && RopeLength <= HeadLength, "llama.rope.dimension_count", RopeLength,
            $"an even number up to {HeadLength}");
        Require(RopeBase is >= 1 and < 1e15f, "llama.rope.freq_base", RopeBase, "1 to 1e15");
        Require(RmsEpsilon is >= 0 and < 1, "llama.attention.layer_norm_rms_epsilon", RmsEpsilon, "0 to 1");

        int Positive(string key, int? fallback = null)
        {
            int value = fallback is null ? metadata.GetInt32(key) : metadata.GetInt32(key, fallback.Value);
            Require(value > 0, key, value, "at least 1");
            return value;
        }

        void Require(bool condition, string key, object found, string expected)
        {
            if (!condition)
            {
                throw metadata.Wrong(key, FormattableString.Invariant($"{found}"), expected);
            }
        }
    }

    /// <summary>Transformer blocks.</summary>
    public int BlockCount { get; }

    /// <summary>Values of the residual stream.</summary>
    public int EmbeddingLength { get; }

    /// <summary>Values inside the feed-forward layers.</summary>
    public int FeedForwardLength { get; }

    /// <summary>Attention heads.</summary>
    public int HeadCount { get; }

    /// <summary>Heads of keys and values; a divisor of <see cref="HeadCount"/>.</summary>
    public int KeyValueHeadCount { get; }

    /// <summary>Values of a head.</summary>
    public int HeadLength { get; }

    /// <summary>How many values of a head, from its start, the rotary embedding turns; even.</summary>
    public int RopeLength { get; }

    /// <summary>The base of the rotary embedding's angles.</summary>
    public float RopeBase { get; }

    /// <summary>What is added to the mean of squares before its root is taken.</summary>
    public float RmsEpsilon { get; }

    /// <summary>The most tokens that a session can hold.</summary>
    public int ContextLength { get; }

    /// <summary>Values of a head, rounded up to whole vectors of 8.</summary>
    internal int PaddedHeadLength => (HeadLength + 7) / 8 * 8;

    internal int QueryLength => HeadCount * HeadLength;

    internal int KeyValueLength => KeyValueHeadCount * HeadLength;
}
