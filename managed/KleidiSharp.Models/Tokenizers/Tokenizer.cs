// SPDX-License-Identifier: Apache-2.0
using System.Text;

namespace KleidiSharp.Models;

/// <summary>
/// The vocabulary of a model: text to token ids and back. Safe for use from several threads.
/// </summary>
/// <remarks>Text never turns into control tokens, whatever it says; only the caller can put those in.</remarks>
public abstract class Tokenizer
{
    private readonly byte[][] bytes;

    private protected Tokenizer(byte[][] bytes, int? bosId, IEnumerable<int> endIds, bool addBos, bool startsWithSpace)
    {
        this.bytes = bytes;
        BosId = bosId;
        EndIds = endIds.Distinct().ToArray();
        AddBos = addBos && bosId is not null;
        StartsWithSpace = startsWithSpace;
    }

    /// <summary>The number of tokens; ids are 0 to this less one.</summary>
    public int VocabularySize => bytes.Length;

    /// <summary>The token that begins a text, where the vocabulary has one.</summary>
    public int? BosId { get; }

    /// <summary>The tokens that end a text.</summary>
    public IReadOnlyList<int> EndIds { get; }

    /// <summary>
    /// Whether generation stops at a token: one of <see cref="EndIds"/>, or <see cref="BosId"/>, which begins another text.
    /// </summary>
    public bool Ends(int token) => token == BosId || EndIds.Contains(token);

    /// <summary>Whether the model wants each text to begin with <see cref="BosId"/>.</summary>
    public bool AddBos { get; }

    /// <summary>Whether encoding puts a space before the text, and decoding takes it away again.</summary>
    public bool StartsWithSpace { get; }

    /// <summary>Reads the vocabulary of a GGUF file.</summary>
    /// <exception cref="GgufException">The vocabulary is missing or contradicts itself.</exception>
    /// <exception cref="NotSupportedException">The file's kind of tokenizer is not one this library knows.</exception>
    public static Tokenizer FromGguf(GgufFile file)
    {
        ArgumentNullException.ThrowIfNull(file);
        string model = file.Metadata.GetString("tokenizer.ggml.model");
        return model == "llama"
            ? new SentencePieceTokenizer(file.Metadata)
            : throw new NotSupportedException(
                $"{file.Path}: tokenizer.ggml.model is '{model}'; 'llama' (SentencePiece) is supported.");
    }

    /// <summary>The tokens of a text, after <see cref="BosId"/> where the model wants that.</summary>
    public int[] Encode(string text) => Encode(text, AddBos);

    /// <summary>The tokens of a text.</summary>
    /// <param name="text">Any text. Half a surrogate pair counts as U+FFFD.</param>
    /// <param name="addBos">Whether <see cref="BosId"/> comes first.</param>
    public int[] Encode(string text, bool addBos)
    {
        ArgumentNullException.ThrowIfNull(text);
        var tokens = new List<int>(text.Length / 2 + 2);
        if (addBos)
        {
            tokens.Add(BosId ?? throw new InvalidOperationException("This vocabulary has no token that begins a text."));
        }

        AppendTokens(text, tokens);
        return [.. tokens];
    }

    /// <summary>The text of tokens. Bytes that are not UTF-8 become U+FFFD; control tokens have no text.</summary>
    public string Decode(ReadOnlySpan<int> tokens)
    {
        var text = new StringBuilder();
        TokenDecoder decoder = CreateDecoder(atStart: true);
        foreach (int token in tokens)
        {
            text.Append(decoder.Push(token));
        }

        return text.Append(decoder.Flush()).ToString();
    }

    /// <summary>A decoder for tokens that arrive one by one.</summary>
    /// <param name="atStart">Whether the first token begins a text, so that its leading space is not part of it.</param>
    public TokenDecoder CreateDecoder(bool atStart) => new(this, atStart && StartsWithSpace);

    /// <summary>The UTF-8 bytes a token stands for: part of a character, several, or none for a control token.</summary>
    public ReadOnlySpan<byte> GetBytes(int token) => (uint)token < (uint)bytes.Length
        ? bytes[token]
        : throw new ArgumentOutOfRangeException(
            nameof(token), token, $"Token ids of this vocabulary are 0 to {bytes.Length - 1}.");

    private protected abstract void AppendTokens(string text, List<int> tokens);
}
