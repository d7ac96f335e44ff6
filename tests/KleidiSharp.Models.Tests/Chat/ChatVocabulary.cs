// SPDX-License-Identifier: Apache-2.0
using System.Globalization;
using System.Text;

namespace KleidiSharp.Models.Tests;

/// <summary>A vocabulary of bytes, and of the tokens that templates frame messages with.</summary>
internal static class ChatVocabulary
{
    public const int Control = 3;
    public const int UserDefined = 4;

    /// <summary>A tokenizer: 0 to 2 are &lt;unk&gt;, &lt;s&gt; and &lt;/s&gt;, 3 to 258 the bytes, then the marks.</summary>
    /// <param name="marks">Tokens and their types.</param>
    /// <param name="change">Adds other keys.</param>
    public static Tokenizer Create((string Text, int Type)[] marks, Action<GgufWriter>? change = null)
    {
        using TemporaryFile temporary = Write(marks, change).ToFile();
        using GgufFile file = GgufFile.Open(temporary.Name);
        return Tokenizer.FromGguf(file);
    }

    public static Tokenizer Create(params string[] marks) => Create([.. marks.Select(mark => (mark, Control))]);

    public static GgufWriter Write((string Text, int Type)[] marks, Action<GgufWriter>? change = null)
    {
        string[] tokens =
        [
            "<unk>", "<s>", "</s>", .. Enumerable.Range(0, 256).Select(b => string.Create(CultureInfo.InvariantCulture, $"<0x{b:X2}>")),
            .. marks.Select(mark => mark.Text),
        ];
        int[] types = [2, 3, 3, .. Enumerable.Repeat(6, 256), .. marks.Select(mark => mark.Type)];
        GgufWriter writer = new GgufWriter().Add("tokenizer.ggml.model", "llama").Add("tokenizer.ggml.tokens", tokens)
            .Add("tokenizer.ggml.token_type", types).Add("tokenizer.ggml.scores", new float[tokens.Length]);
        change?.Invoke(writer);
        return writer;
    }

    /// <summary>Tokens as text, whole tokens in square brackets and the mark for a space as "_".</summary>
    public static string Show(Tokenizer tokenizer, IEnumerable<int> tokens)
    {
        var text = new StringBuilder();
        var bytes = new List<byte>();
        foreach (int token in tokens)
        {
            if (token is >= 3 and < 259)
            {
                bytes.Add((byte)(token - 3));
                continue;
            }

            Flush();
            text.Append(CultureInfo.InvariantCulture, $"[{tokenizer.GetText(token)}]");
        }

        Flush();
        return text.ToString();

        void Flush()
        {
            text.Append(Encoding.UTF8.GetString([.. bytes]).Replace('\u2581', '_'));
            bytes.Clear();
        }
    }
}
