// SPDX-License-Identifier: Apache-2.0
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;

namespace KleidiSharp.Models;

/// <summary>
/// The tokenizer of Llama 1 and 2 and its relatives, <c>tokenizer.ggml.model = llama</c>: a text starts as single
/// characters; of all neighbours that together are a token, those with the highest score are joined first, the leftmost
/// among equals, until none are left; a character that is no token becomes its UTF-8 bytes.
/// </summary>
public sealed class SentencePieceTokenizer : Tokenizer
{
    private const char SpaceMark = '\u2581';

    // Made when a text is first encoded; who only loads a model does not wait for it.
    private readonly Lazy<Dictionary<string, int>> ids;
    private readonly Lazy<(string Text, int Id)[]> wholeTokens;
    private readonly float[] scores;
    private readonly int[] byteIds;
    private readonly TokenType[] types;

    private enum TokenType
    {
        Normal = 1,
        Unknown = 2,
        Control = 3,
        UserDefined = 4,
        Unused = 5,
        Byte = 6,
    }

    internal SentencePieceTokenizer(GgufMetadata metadata)
        : this(metadata, metadata.GetArray<string>("tokenizer.ggml.tokens"), ReadTypes(metadata))
    {
    }

    private SentencePieceTokenizer(GgufMetadata metadata, string[] tokens, TokenType[] types)
        : base(
            tokens,
            BytesOf(metadata, tokens, types),
            OptionalId(metadata, "bos", 1, tokens.Length),
            OptionalId(metadata, "eos", 2, tokens.Length),
            OptionalId(metadata, "eot", null, tokens.Length),
            metadata.GetBoolean("tokenizer.ggml.add_bos_token", true),
            metadata.GetBoolean("tokenizer.ggml.add_space_prefix", true))
    {
        this.types = types;
        const string key = "tokenizer.ggml.scores";
        scores = metadata.GetArray<float>(key);
        RequireLength(metadata, key, scores.Length, tokens.Length);
        int notANumber = Array.FindIndex(scores, float.IsNaN);
        if (notANumber >= 0)
        {
            throw metadata.Wrong(key, $"NaN at {notANumber}", "numbers");
        }

        int unknownId = OptionalId(metadata, "unknown", 0, tokens.Length) ?? 0;
        byteIds = new int[256];
        Array.Fill(byteIds, unknownId);
        for (int id = 0; id < tokens.Length; id++)
        {
            if (types[id] == TokenType.Byte)
            {
                byteIds[GetBytes(id)[0]] = id;
            }
        }

        ids = new Lazy<Dictionary<string, int>>(() => FindIds(tokens, types));
        wholeTokens = new Lazy<(string, int)[]>(() => FindWholeTokens(tokens, types));
    }

    private protected override bool IsMark(int token) => types[token] == TokenType.Control
        || (types[token] == TokenType.UserDefined && !string.IsNullOrWhiteSpace(GetText(token)));

    /// <remarks>
    /// Tokens that are whole by themselves are cut out of the text before anything is joined, long ones first; what
    /// follows one begins with a space as a text does.
    /// </remarks>
    private protected override void AppendTokens(PromptText prompt, List<int> tokens)
    {
        (string Text, int Id)[] wholeTokens = this.wholeTokens.Value;

        // What is left to do, the next on top. A stack of its own: a vocabulary can make it as deep as the text is long.
        var stretches = new Stack<Stretch>();
        stretches.Push(new Stretch(0, prompt.Length));
        var marks = new Dictionary<int, bool>();
        bool atStart = true;
        while (stretches.TryPop(out Stretch stretch))
        {
            if (stretch.Id is { } found)
            {
                tokens.Add(found);
                atStart = true;
                continue;
            }

            int at = -1;
            int next = stretch.Length == 0 ? wholeTokens.Length : stretch.NextWhole;
            while (next < wholeTokens.Length && (at = Find(next, prompt, stretch, marks)) < 0)
            {
                next++;
            }

            if (at >= 0)
            {
                (string whole, int id) = wholeTokens[next];
                int end = at + whole.Length;
                stretches.Push(new Stretch(end, stretch.Start + stretch.Length - end, next));
                stretches.Push(new Stretch(at, whole.Length, Id: id));
                stretches.Push(new Stretch(stretch.Start, at - stretch.Start, next + 1));
            }
            else if (stretch.Length > 0)
            {
                string prefix = atStart && StartsWithSpace ? " " : "";
                ReadOnlySpan<char> part = prompt.Text.AsSpan(stretch.Start, stretch.Length);
                Join(string.Concat(prefix, part).Replace(' ', SpaceMark), tokens);
                atStart = false;
            }
        }
    }

    // Where in the prompt a whole token comes next within a stretch, in text that it may be read from; else negative.
    private int Find(int index, PromptText prompt, Stretch stretch, Dictionary<int, bool> marks)
    {
        (string whole, int id) = wholeTokens.Value[index];
        bool isControl = types[id] != TokenType.UserDefined;
        if (isControl && !prompt.HasTrusted)
        {
            return -1;
        }

        int end = stretch.Start + stretch.Length;
        for (int at = stretch.Start; (at = prompt.Text.IndexOf(whole, at, end - at, StringComparison.Ordinal)) >= 0; at++)
        {
            if (prompt.IsTrusted(at, whole.Length) || (!isControl && !FramesText()))
            {
                return at;
            }
        }

        return -1;

        bool FramesText()
        {
            if (!marks.TryGetValue(id, out bool mark))
            {
                mark = prompt.HasTrusted && (EndIds.Contains(id) || (IsMark(id) && prompt.Pieces.Any(
                    piece => piece.IsTrusted && piece.Text.Contains(whole, StringComparison.Ordinal))));
                marks[id] = mark;
            }

            return mark;
        }
    }

    private void Join(string text, List<int> tokens)
    {
        var symbols = new List<Symbol>(text.Length);
        for (int start = 0; start < text.Length;)
        {
            Rune.DecodeFromUtf16(text.AsSpan(start), out _, out int length);
            symbols.Add(new Symbol(start, length, symbols.Count - 1, symbols.Count + 1));
            start += length;
        }

        var pairs = new PriorityQueue<Pair, Pair>(BestFirst.Instance);
        for (int i = 1; i < symbols.Count; i++)
        {
            Offer(i - 1, i);
        }

        while (pairs.TryDequeue(out Pair pair, out _))
        {
            Symbol left = symbols[pair.Left];
            Symbol right = symbols[pair.Right];
            if (left.Length == 0 || right.Length == 0 || left.Length + right.Length != pair.Length)
            {
                continue; // one of the two has been joined with another neighbour since
            }

            symbols[pair.Left] = left with { Length = pair.Length, Next = right.Next };
            symbols[pair.Right] = right with { Length = 0 };
            if (right.Next < symbols.Count)
            {
                symbols[right.Next] = symbols[right.Next] with { Previous = pair.Left };
            }

            Offer(left.Previous, pair.Left);
            Offer(pair.Left, right.Next);
        }

        for (int i = 0; i < symbols.Count; i = symbols[i].Next)
        {
            AppendSymbol(text.AsSpan(symbols[i].Start, symbols[i].Length), tokens);
        }

        void Offer(int left, int right)
        {
            if (left >= 0 && right < symbols.Count)
            {
                int length = symbols[left].Length + symbols[right].Length;
                if (TryFind(text.AsSpan(symbols[left].Start, length), out int id))
                {
                    var pair = new Pair(left, right, length, scores[id]);
                    pairs.Enqueue(pair, pair);
                }
            }
        }
    }

    private void AppendSymbol(ReadOnlySpan<char> symbol, List<int> tokens)
    {
        if (TryFind(symbol, out int id))
        {
            tokens.Add(id);
            return;
        }

        Rune.DecodeFromUtf16(symbol, out Rune rune, out _);
        Span<byte> bytes = stackalloc byte[4];
        foreach (byte value in bytes[..rune.EncodeToUtf8(bytes)])
        {
            tokens.Add(byteIds[value]);
        }
    }

    private bool TryFind(ReadOnlySpan<char> text, out int id) =>
#if NET9_0_OR_GREATER
        ids.Value.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(text, out id);
#else
        ids.Value.TryGetValue(text.ToString(), out id);
#endif

    private static Dictionary<string, int> FindIds(string[] tokens, TokenType[] types)
    {
        var ids = new Dictionary<string, int>(tokens.Length, StringComparer.Ordinal);
        for (int id = 0; id < tokens.Length; id++)
        {
            if (types[id] is not (TokenType.Byte or TokenType.Unknown or TokenType.Control))
            {
                ids[tokens[id]] = id;
            }
        }

        return ids;
    }

    private static (string Text, int Id)[] FindWholeTokens(string[] tokens, TokenType[] types) =>
        [.. Enumerable.Range(0, tokens.Length)
            .Where(id => types[id] is TokenType.UserDefined or TokenType.Control or TokenType.Unknown)
            .Where(id => tokens[id].Length > 0)
            .Select(id => (tokens[id], id))
            .OrderByDescending(token => token.Item1.Length)];

    private static TokenType[] ReadTypes(GgufMetadata metadata)
    {
        const string key = "tokenizer.ggml.token_type";
        int[] types = metadata.GetArray<int>(key);
        RequireLength(metadata, key, types.Length, metadata.GetArray<string>("tokenizer.ggml.tokens").Length);
        int odd = Array.FindIndex(types, type => (TokenType)type is < TokenType.Normal or > TokenType.Byte);
        return odd < 0
            ? Array.ConvertAll(types, type => (TokenType)type)
            : throw metadata.Wrong(key, $"{types[odd]} at {odd}", "1 to 6");
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static TokenBytes BytesOf(GgufMetadata metadata, string[] tokens, TokenType[] types)
    {
        var bytes = new TokenBytes(tokens.Length);
        for (int id = 0; id < tokens.Length; id++)
        {
            switch (types[id])
            {
                case TokenType.Normal:
                    bytes.Add(tokens[id], SpaceMark);
                    break;
                case TokenType.UserDefined:
                    bytes.Add(tokens[id]);
                    break;
                case TokenType.Byte:
                    bytes.Add(ParseByte(metadata, tokens[id], id));
                    break;
                default:
                    bytes.Add([]);
                    break;
            }
        }

        return bytes;
    }

    private static byte ParseByte(GgufMetadata metadata, string token, int id) =>
        token.Length == 6 && token.StartsWith("<0x", StringComparison.Ordinal) && token[5] == '>'
            && byte.TryParse(token.AsSpan(3, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out byte value)
            ? value
            : throw metadata.Wrong("tokenizer.ggml.tokens", $"'{token}' for the byte token {id}", "<0x00> to <0xFF>");

    // The format has no word for "none" but an id of -1, which some files store unsigned.
    private static int? OptionalId(GgufMetadata metadata, string name, int? fallback, int vocabularySize)
    {
        string key = $"tokenizer.ggml.{name}_token_id";
        if (!metadata.Values.TryGetValue(key, out object? value))
        {
            return fallback < vocabularySize ? fallback : null;
        }

        if (value is uint.MaxValue or -1)
        {
            return null;
        }

        int id = metadata.GetInt32(key);
        return id >= 0 && id < vocabularySize ? id : throw metadata.Wrong(key, $"{id}", $"0 to {vocabularySize - 1}");
    }

    private static void RequireLength(GgufMetadata metadata, string key, int length, int tokens)
    {
        if (length != tokens)
        {
            throw metadata.Wrong(key, $"an array of {length}", $"{tokens} elements, one for each token");
        }
    }

    // A part of the text: a token that was cut out, or what holds none of the whole tokens before the next.
    private readonly record struct Stretch(int Start, int Length, int NextWhole = 0, int? Id = null);

    // A stretch of the text that is or may become a token; the symbols are a linked list, and a joined one has length 0.
    private readonly record struct Symbol(int Start, int Length, int Previous, int Next);

    private readonly record struct Pair(int Left, int Right, int Length, float Score);

    private sealed class BestFirst : IComparer<Pair>
    {
        public static readonly BestFirst Instance = new();

        public int Compare(Pair x, Pair y) => x.Score != y.Score ? y.Score.CompareTo(x.Score) : x.Left.CompareTo(y.Left);
    }
}
