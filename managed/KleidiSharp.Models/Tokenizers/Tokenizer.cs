// SPDX-License-Identifier: Apache-2.0
using System.Text;

namespace KleidiSharp.Models;

/// <summary>
/// The vocabulary of a model: text to token ids and back. Safe for use from several threads.
/// </summary>
/// <remarks>
/// Text never turns into control tokens, whatever it says; only the caller can put those in, by their ids or as trusted
/// stretches of a <see cref="PromptText"/>.
/// </remarks>
public abstract class Tokenizer
{
    private readonly string[] texts;
    private readonly TokenBytes bytes;

    private protected Tokenizer(
        string[] texts, TokenBytes bytes, int? bosId, int? eosId, int? eotId, bool addBos, bool startsWithSpace)
    {
        this.texts = texts;
        this.bytes = bytes;
        BosId = bosId;
        EosId = eosId;
        EndIds = new[] { eosId, eotId }.OfType<int>().Distinct().ToArray();
        AddBos = addBos && bosId is not null;
        StartsWithSpace = startsWithSpace;
    }

    /// <summary>The number of tokens; ids are 0 to this less one.</summary>
    public int VocabularySize => bytes.Count;

    /// <summary>The token that begins a text, where the vocabulary has one.</summary>
    public int? BosId { get; }

    /// <summary>The token that ends a text, where the vocabulary has one; <see cref="EndIds"/> may hold others.</summary>
    public int? EosId { get; }

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

        AppendTokens(PromptText.Untrusted(text), tokens);
        return [.. tokens];
    }

    /// <summary>
    /// The tokens of a prompt. Control tokens are read from its trusted stretches, the longest first, and from nowhere
    /// else: not even one that begins in such a stretch and ends outside. What is no control token is encoded as one text,
    /// across the stretches.
    /// </summary>
    /// <param name="prompt">Any prompt. Half a surrogate pair counts as U+FFFD.</param>
    /// <returns>
    /// The tokens; where the model wants <see cref="BosId"/> first, it comes first once, whether or not the prompt has it.
    /// </returns>
    /// <remarks>
    /// A token that the model's author defined and that is no control token is read from any text; but where a trusted
    /// stretch has it too, and it is more than white space, or where it ends a text, it counts as one.
    /// </remarks>
    public int[] Encode(PromptText prompt)
    {
        ArgumentNullException.ThrowIfNull(prompt);
        var tokens = new List<int>(prompt.Length / 2 + 2);
        AppendTokens(prompt, tokens);
        return AddBos && (tokens.Count == 0 || tokens[0] != BosId) ? [BosId!.Value, .. tokens] : [.. tokens];
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
    public ReadOnlySpan<byte> GetBytes(int token) => (uint)token < (uint)bytes.Count
        ? bytes[token]
        : throw new ArgumentOutOfRangeException(
            nameof(token), token, $"Token ids of this vocabulary are 0 to {bytes.Count - 1}.");

    /// <summary>
    /// A token as the vocabulary writes it: "&lt;s&gt;" for one that begins texts, and the vocabulary's mark for a space.
    /// </summary>
    public string GetText(int token)
    {
        GetBytes(token);
        return texts[token];
    }

    /// <summary>The first token in a text of a template that frames text; null where there is none.</summary>
    internal int? FirstMark(string text)
    {
        var tokens = new List<int>();
        AppendTokens(PromptText.Trusted(text), tokens);
        int index = tokens.FindIndex(IsMark);
        return index < 0 ? null : tokens[index];
    }

    /// <summary>
    /// Whether a token frames text: a control token, or one that the author defined and that is not all white space.
    /// </summary>
    private protected abstract bool IsMark(int token);

    private protected abstract void AppendTokens(PromptText prompt, List<int> tokens);
}
