// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp.Models.Tests;

public class LlamaForwardTests
{
    private static readonly LoadOptions Float32 = new() { Weights = WeightFormat.Float32 };

    public static TheoryData<string> Shapes =>
        ["tied", "untied", "one kv head", "no sharing", "biases", "rope factors", "partial rope", "odd lengths"];

    private static TinyLlama Create(string shape) => shape switch
    {
        "untied" => new TinyLlama(2, tied: false),
        "one kv head" => new TinyLlama(3, keyValueHeads: 1),
        "no sharing" => new TinyLlama(4, keyValueHeads: 4),
        "biases" => new TinyLlama(5, biases: true),
        "rope factors" => new TinyLlama(6, ropeFactors: true),
        "partial rope" => new TinyLlama(7, ropeLength: 4),
        "odd lengths" => new TinyLlama(8, heads: 6, keyValueHeads: 3, headLength: 10, embedding: 26, feedForward: 33, ropeLength: 10),
        _ => new TinyLlama(1),
    };

    [Theory]
    [MemberData(nameof(Shapes))]
    public void AgreesWithAPlainForwardPassInDouble(string shape)
    {
        TinyLlama tiny = Create(shape);
        int[] tokens = Draw(20);
        double[][] expected = tiny.Logits(tokens);
        using TemporaryFile file = tiny.ToFile();
        using LlamaModel model = LlamaModel.Load(file.Name, Float32);
        using LlamaSession session = model.CreateSession();
        var logits = new float[tokens.Length * TinyLlama.Vocabulary];
        session.Forward(tokens, logits);

        double scale = expected.SelectMany(row => row).Max(Math.Abs);
        for (int i = 0; i < logits.Length; i++)
        {
            double difference = logits[i] - expected[i / TinyLlama.Vocabulary][i % TinyLlama.Vocabulary];
            Assert.True(Math.Abs(difference) <= 2e-5 * scale,
                $"token {i / TinyLlama.Vocabulary}, logit {i % TinyLlama.Vocabulary}: off by {difference}");
        }
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void BatchesOfAnySizeGiveTheSameBits(string shape)
    {
        using TemporaryFile file = Create(shape).ToFile();
        AssertSameBits(file, Float32);
        AssertSameBits(file, new LoadOptions());
    }

    private static void AssertSameBits(TemporaryFile file, LoadOptions options)
    {
        using LlamaModel model = LlamaModel.Load(file.Name, options);
        int[] tokens = Draw(300); // more than two of the session's own batches
        float[] expected = Run(model, tokens, 1);

        Assert.Equal(expected, Run(model, tokens, 300));
        Assert.Equal(expected, Run(model, tokens, 7));
        Assert.Equal(expected, Run(model, tokens, 129));

        using LlamaSession session = model.CreateSession();
        Assert.Equal(expected[^TinyLlama.Vocabulary..], session.Forward(tokens).ToArray());
    }

    [Fact]
    public void ThreadsAndSessionsDoNotChangeTheBits()
    {
        using TemporaryFile file = new TinyLlama().ToFile();
        using var one = new ComputeContext(new ComputeOptions { Threads = 1 });
        using var two = new ComputeContext(new ComputeOptions { Threads = 2 });
        using LlamaModel single = LlamaModel.Load(file.Name, new LoadOptions { Compute = one });
        using LlamaModel several = LlamaModel.Load(file.Name, new LoadOptions { Compute = two });
        int[] tokens = Draw(60);
        float[] expected = Run(single, tokens, 60);

        Parallel.For(0, 4, i => Assert.Equal(expected, Run(several, tokens, 1 + 5 * i)));
    }

    [Fact]
    public void RewindForgets()
    {
        using TemporaryFile file = new TinyLlama().ToFile();
        using LlamaModel model = LlamaModel.Load(file.Name);
        using LlamaSession session = model.CreateSession();
        float[] first = session.Forward([1, 5, 6, 7]).ToArray();
        session.Forward([8, 9]);
        session.Rewind(3);
        Assert.Equal(first, session.Forward([7]).ToArray());
        Assert.Equal(4, session.Position);
        Assert.Throws<ArgumentOutOfRangeException>(() => session.Rewind(5));
        Assert.Throws<ArgumentOutOfRangeException>(() => session.Rewind(-1));
    }

    [SkippableTheory]
    [InlineData(1, 1)]
    [InlineData(1, 4)]
    [InlineData(2, 1)]
    [InlineData(2, 4)]
    public void DecodingAllocatesNothing(int threads, int sessions)
    {
#if DEBUG
        Skip.If(true, "code that is not optimised allocates 72 bytes a token; the Release build is what this is about");
#endif
        using TemporaryFile file = new TinyLlama().ToFile();
        using var compute = new ComputeContext(new ComputeOptions { Threads = threads });
        using LlamaModel model = LlamaModel.Load(file.Name, new LoadOptions { Compute = compute });
        LlamaSession[] several = [.. Enumerable.Range(0, sessions).Select(_ => model.CreateSession())];
        LlamaBatch batch = model.CreateBatch();
        Array.ForEach(several, session => session.Forward(Draw(257))); // a page of the cache was begun
        int[] five = [5], six = [6]; // as literals they would be allocated by code that .NET 8 has not optimised
        Decode(five);

        // The runtime itself allocates a little now and then, so that the least of several rounds counts.
        long least = long.MaxValue;
        for (int round = 0; round < 8; round++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            Decode(five);
            Decode(six);
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        Assert.Equal(0, least);

        void Decode(int[] token)
        {
            if (sessions == 1)
            {
                several[0].Forward(token);
                return;
            }

            foreach (LlamaSession session in several)
            {
                batch.Add(session, token);
            }

            batch.Forward();
        }
    }

    [Fact]
    public void TokensOutsideTheVocabularyOrTheContextAreRefusedAtOnce()
    {
        using TemporaryFile file = new TinyLlama { ContextLength = 10 }.ToFile();
        using LlamaModel model = LlamaModel.Load(file.Name);
        LlamaSession session = model.CreateSession();
        session.Forward([1, 2, 3]);

        string message = Assert.Throws<ArgumentOutOfRangeException>(() => session.Forward([1, 40])).Message;
        Assert.Contains("tokens[1] is not a token", message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => session.Forward([-1]));
        Assert.Contains("at least one", Assert.Throws<ArgumentException>(() => session.Forward([])).Message, StringComparison.Ordinal);
        message = Assert.Throws<ArgumentException>(() => session.Forward(new int[8])).Message;
        Assert.Contains("8 tokens; the context of this model holds 10, 3 of which are taken", message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => session.Forward([1, 2], new float[2 * TinyLlama.Vocabulary - 1]));
        Assert.Equal(3, session.Position);
        session.Forward(new int[7]);
        Assert.Throws<ArgumentException>(() => session.Forward([1]));

        session.Dispose();
        session.Rewind(0);
        Assert.Throws<ObjectDisposedException>(() => session.Forward([1]));
    }

    [Fact]
    public void ADisposedModelThrows()
    {
        using TemporaryFile file = new TinyLlama().ToFile();
        LlamaModel model = LlamaModel.Load(file.Name);
        LlamaSession session = model.CreateSession();
        model.Dispose();
        Assert.Throws<ObjectDisposedException>(() => session.Forward([1]));
    }

    internal static float[] Run(LlamaModel model, int[] tokens, int batch)
    {
        int width = model.Tokenizer.VocabularySize;
        var logits = new float[tokens.Length * width];
        using LlamaSession session = model.CreateSession();
        for (int start = 0; start < tokens.Length; start += batch)
        {
            int count = Math.Min(batch, tokens.Length - start);
            session.Forward(tokens.AsSpan(start, count), logits.AsSpan(start * width));
        }

        return logits;
    }

    private static int[] Draw(int count)
    {
        var random = new Random(count);
        return [.. Enumerable.Range(0, count).Select(_ => random.Next(TinyLlama.Vocabulary))];
    }
}
