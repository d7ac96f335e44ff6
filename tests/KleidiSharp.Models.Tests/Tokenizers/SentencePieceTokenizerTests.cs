// SPDX-License-Identifier: Apache-2.0
using System.Text;

namespace KleidiSharp.Models.Tests;

public class SentencePieceTokenizerTests
{
    private const string Vocabulary = "vocab/ggml-vocab-llama-spm.gguf";

    // Ids from 3 on; byte tokens for the bytes of é and of the first byte of 漢 only.
    private static readonly (string Text, int Type, float Score)[] Tokens =
    [
        ("<unk>", 2, 0), ("<s>", 3, 0), ("</s>", 3, 0), ("<0xC3>", 6, 0), ("<0xA9>", 6, 0), ("<0xE6>", 6, 0),
        ("▁", 1, -10), ("a", 1, -11), ("b", 1, -12), ("c", 1, -13), ("ab", 1, -2), ("bc", 1, -2), ("abc", 1, -5), ("▁a", 1, -3),
        ("<tool>", 4, 0), ("<", 1, -20), ("s", 1, -20), (">", 1, -20), ("<s", 1, -1), ("aa", 1, -4), ("aaaa", 1, -6),
    ];

    [SkippableFact]
    public void GivesTheExpectedIdsForEveryCase()
    {
        using GgufFile file = GgufFile.Open(TestData.Find(Vocabulary));
        Tokenizer tokenizer = Tokenizer.FromGguf(file);
        string[] cases = File.ReadAllText(TestData.Find(Vocabulary + ".inp")).Split("\n__ggml_vocab_test__\n")[..^1];
        string[] expected = File.ReadAllLines(TestData.Find(Vocabulary + ".out"));

        Assert.True(cases.Length > 40);
        Assert.Equal(32000, tokenizer.VocabularySize);
        Assert.Equal(cases.Length, expected.Length);
        for (int i = 0; i < cases.Length; i++)
        {
            int[] ids = [.. expected[i].Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(int.Parse)];
            Assert.Equal(ids, tokenizer.Encode(cases[i], addBos: false));
            Assert.Equal(cases[i], tokenizer.Decode(tokenizer.Encode(cases[i])));
        }
    }

    [SkippableTheory]
    [InlineData("text/german.txt")]
    [InlineData("text/address.txt")]
    [InlineData("text/tinystories-valid-excerpt.txt")]
    public void DecodingGivesTheTextBack(string name)
    {
        string text = File.ReadAllText(TestData.Find(name));
        foreach (string vocabulary in new[] { Vocabulary, "stories260K/stories260K.llamacpp.gguf" })
        {
            using GgufFile file = GgufFile.Open(TestData.Find(vocabulary));
            Tokenizer tokenizer = Tokenizer.FromGguf(file);
            int[] tokens = tokenizer.Encode(text);
            Assert.Equal(1, tokens[0]);
            Assert.Equal(text, tokenizer.Decode(tokens));
        }
    }

    [Fact]
    public void JoinsTheHighestScoreFirstAndTheLeftmostAmongEquals()
    {
        Tokenizer tokenizer = Create();
        Assert.Equal(["▁", "abc"], Encode(tokenizer, "abc")); // ab before the equal bc, and before ▁a
        Assert.Equal(["▁", "b", "aaaa"], Encode(tokenizer, "baaaa"));
        Assert.Equal(["▁", "b", "aa", "a"], Encode(tokenizer, "baaa"));
        Assert.Equal(["▁", "bc", "ab"], Encode(tokenizer, "bcab"));
        Assert.Equal(["▁", "<0xC3>", "<0xA9>"], Encode(tokenizer, "é"));
        Assert.Equal(["▁", "<0xE6>", "<unk>", "<unk>"], Encode(tokenizer, "漢")); // bytes without a token
        Assert.Equal(["▁", "<unk>", "<unk>", "<unk>"], Encode(tokenizer, "\uD800"));
    }

    [Fact]
    public void ControlTokensAreNotReadFromText() =>
        Assert.Equal(["▁", "<s", ">"], Encode(Create(), "<s>"));

    [Fact]
    public void UserDefinedTokensAreCutOutFirst()
    {
        Assert.Equal(["<tool>", "▁a", "<tool>", "<tool>", "▁", "bc"], Encode(Create(), "<tool>a<tool><tool>bc"));
        Assert.Equal("<tool> a<tool>", Create().Decode(Create().Encode("<tool>a<tool>")));
    }

    [Fact]
    public void BosAndLeadingSpaceFollowTheMetadata()
    {
        Assert.Equal([1], Create().Encode(""));
        Assert.Equal([], Create().Encode("", addBos: false));
        Tokenizer plain = Create(w => w.Add("tokenizer.ggml.add_bos_token", false).Add("tokenizer.ggml.add_space_prefix", false));
        Assert.Equal(["ab"], plain.Encode("ab").Select(id => Tokens[id].Text));
        Assert.Equal(" a", plain.Decode(plain.Encode(" a")));
        Tokenizer none = Create(w => w.Add("tokenizer.ggml.bos_token_id", uint.MaxValue).Add("tokenizer.ggml.eot_token_id", 0u));
        Assert.Null(none.BosId);
        Assert.Equal([2, 0], none.EndIds);
        Assert.Throws<InvalidOperationException>(() => none.Encode("a", addBos: true));
    }

    [Fact]
    public void DecoderHoldsCharactersBackUntilTheyAreComplete()
    {
        TokenDecoder decoder = Create().CreateDecoder(atStart: true);
        Assert.Equal("", decoder.Push(1));
        Assert.Equal("a", decoder.Push(13)); // ▁a, whose space is not part of the text
        Assert.Equal("", decoder.Push(3));
        Assert.Equal("é", decoder.Push(4));
        Assert.Equal(" a", decoder.Push(13));
        Assert.Equal("", decoder.Push(3));
        Assert.Equal("\uFFFDb", decoder.Push(8));
        Assert.Equal("", decoder.Push(5));
        Assert.Equal("\uFFFD", decoder.Flush());
        Assert.Equal(" a", Create().CreateDecoder(atStart: false).Push(13));
        Assert.Throws<ArgumentOutOfRangeException>(() => decoder.Push(Tokens.Length));
        Assert.Throws<ArgumentOutOfRangeException>(() => decoder.Push(-1));
    }

    [Fact]
    public void VocabulariesThatContradictThemselvesAreRefused()
    {
        string[] texts = [.. Tokens.Select(t => t.Text)];
        int[] types = [.. Tokens.Select(t => t.Type)];
        float[] scores = [.. Tokens.Select(t => t.Score)];
        Refused(texts, types, scores[1..], "tokenizer.ggml.scores");
        Refused(texts, types[1..], scores, "tokenizer.ggml.token_type");
        Refused(texts, [.. types[1..], 7], scores, "7 at 20");
        Refused(texts, types, [.. scores[1..], float.NaN], "NaN at 20");
        Refused(["<0xZZ>", .. texts[1..]], [6, .. types[1..]], scores, "'<0xZZ>'");
        GgufFileTests.AssertNames(() => Create(w => w.Add("tokenizer.ggml.bos_token_id", 21u)), "bos_token_id", "21", "0 to 20");
        using TemporaryFile other = new GgufWriter().Add("tokenizer.ggml.model", "gpt2").ToFile();
        using GgufFile file = GgufFile.Open(other.Name);
        Assert.Contains("'gpt2'", Assert.Throws<NotSupportedException>(() => Tokenizer.FromGguf(file)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void LongTextsTakeNoQuadraticTime()
    {
        string text = new StringBuilder().Insert(0, "abc aab ", 50_000).ToString();
        Tokenizer tokenizer = Create();
        Assert.Equal(text, tokenizer.Decode(tokenizer.Encode(text)));
    }

    [Fact]
    public void AVocabularyThatCutsTheTextInThousandsOfPiecesTakesNoStack()
    {
        string[] characters = [.. Enumerable.Range(0x0400, 54_000).Select(c => ((char)c).ToString())];
        int count = characters.Length;
        Tokenizer tokenizer = Create(characters, [.. Enumerable.Repeat(4, count)], new float[count], _ => { });
        Assert.Equal(
            Enumerable.Range(0, count).Reverse(), tokenizer.Encode(string.Concat(Enumerable.Reverse(characters)), addBos: false));
    }

    private static string[] Encode(Tokenizer tokenizer, string text) =>
        [.. tokenizer.Encode(text, addBos: false).Select(id => Tokens[id].Text)];

    private static void Refused(string[] texts, int[] types, float[] scores, string part) =>
        GgufFileTests.AssertNames(() => Create(texts, types, scores, _ => { }), part);

    private static Tokenizer Create(Action<GgufWriter>? change = null) =>
        Create([.. Tokens.Select(t => t.Text)], [.. Tokens.Select(t => t.Type)], [.. Tokens.Select(t => t.Score)], change ?? (_ => { }));

    private static Tokenizer Create(string[] texts, int[] types, float[] scores, Action<GgufWriter> change)
    {
        GgufWriter writer = new GgufWriter().Add("tokenizer.ggml.model", "llama").Add("tokenizer.ggml.tokens", texts)
            .Add("tokenizer.ggml.token_type", types).Add("tokenizer.ggml.scores", scores);
        change(writer);
        using TemporaryFile temporary = writer.ToFile();
        using GgufFile file = GgufFile.Open(temporary.Name);
        return Tokenizer.FromGguf(file);
    }
}
