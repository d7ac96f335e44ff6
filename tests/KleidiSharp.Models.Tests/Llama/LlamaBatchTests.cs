// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp.Models.Tests;

public sealed class LlamaBatchTests : IDisposable
{
    private const int Vocabulary = TinyLlama.Vocabulary;

    private readonly TemporaryFile file = new TinyLlama { ContextLength = 400 }.ToFile();
    private readonly ComputeContext compute = new(new ComputeOptions { Threads = 2 });
    private readonly LlamaModel model;

    public LlamaBatchTests() => model = LlamaModel.Load(file.Name, new LoadOptions { Compute = compute });

    public void Dispose()
    {
        model.Dispose();
        compute.Dispose();
        file.Dispose();
    }

    // The third part alone is more than a batch of the model's own; the parts come to lie across the borders of several.
    [Fact]
    public void EverySessionGetsTheBitsThatItGetsAlone()
    {
        int[][] first = [Draw(5), Draw(1), Draw(300), Draw(130), Draw(66)];
        int[][] next = [Draw(1), Draw(2), Draw(3), Draw(64), Draw(9)];
        LlamaSession[] alone = [.. first.Select(_ => model.CreateSession())];
        LlamaSession[] together = [.. first.Select(_ => model.CreateSession())];
        LlamaBatch batch = model.CreateBatch();
        foreach (int[][] tokens in new[] { first, next, [.. Enumerable.Reverse(next)] })
        {
            float[][] expected = [.. alone.Select((session, i) => session.Forward(tokens[i]).ToArray())];
            for (int i = 0; i < tokens.Length; i++)
            {
                batch.Add(together[i], tokens[i]);
            }

            Assert.Equal(tokens.Length, batch.Count);
            float[] found = batch.Forward().ToArray();
            Assert.Equal(0, batch.Count);
            Assert.Equal(expected.SelectMany(logits => logits), found);
            Assert.Equal(alone.Select(session => session.Position), together.Select(session => session.Position));
        }
    }

    [Fact]
    public void WhatDoesNotBelongIsRefusedAndChangesNothing()
    {
        using LlamaModel other = LlamaModel.Load(file.Name);
        using LlamaSession session = model.CreateSession(), stranger = other.CreateSession();
        LlamaSession ended = model.CreateSession();
        ended.Dispose();
        LlamaBatch batch = model.CreateBatch();
        batch.Add(session, [1, 2]);

        Assert.Contains("already, number 0 of 1", Refused<ArgumentException>(() => batch.Add(session, [3])), StringComparison.Ordinal);
        Assert.Contains("another model", Refused<ArgumentException>(() => batch.Add(stranger, [3])), StringComparison.Ordinal);
        using LlamaSession second = model.CreateSession();
        Refused<ArgumentException>(() => batch.Add(second, []));
        Refused<ArgumentException>(() => batch.Add(second, new int[401]));
        Refused<ArgumentOutOfRangeException>(() => batch.Add(second, [Vocabulary]));
        Refused<ObjectDisposedException>(() => batch.Add(ended, [3]));
        Refused<ArgumentNullException>(() => batch.Add(null!, [3]));
        Assert.Equal(1, batch.Count);
        Assert.Equal(0, session.Position);

        using LlamaSession alone = model.CreateSession();
        Assert.Equal(alone.Forward([1, 2]).ToArray(), batch.Forward().ToArray());
    }

    [Fact]
    public void WhatHappensToASessionMeanwhileIsSeenBeforeAnythingChanges()
    {
        using LlamaSession first = model.CreateSession();
        LlamaSession second = model.CreateSession();
        LlamaBatch batch = model.CreateBatch();
        Assert.Contains("empty", Refused<InvalidOperationException>(() => batch.Forward()), StringComparison.Ordinal);
        batch.Add(first, [1]);
        batch.Add(second, [1, 2]);
        second.Forward(new int[399]);
        Assert.Contains("Session 1 of the batch has 2 tokens to come, and room for 1",
            Refused<InvalidOperationException>(() => batch.Forward()), StringComparison.Ordinal);
        Assert.Equal(0, first.Position);
        Assert.Equal(399, second.Position);

        second.Rewind(0);
        second.Dispose();
        Refused<ObjectDisposedException>(() => batch.Forward());
        Assert.Equal(0, first.Position);

        batch.Clear();
        batch.Add(first, [1]);
        model.Dispose();
        Refused<ObjectDisposedException>(() => batch.Forward());
        Assert.Equal(0, first.Position);
    }

    private static string Refused<T>(Action call)
        where T : Exception => Assert.Throws<T>(call).Message;

    private static int[] Draw(int count)
    {
        var random = new Random(count);
        return [.. Enumerable.Range(0, count).Select(_ => random.Next(Vocabulary))];
    }
}
