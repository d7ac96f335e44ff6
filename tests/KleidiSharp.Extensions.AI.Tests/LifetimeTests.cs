// SPDX-License-Identifier: Apache-2.0
using KleidiSharp.Models;
using Microsoft.Extensions.AI;

namespace KleidiSharp.Extensions.AI.Tests;

/// <summary>Cancellation, waiting and disposal.</summary>
public sealed class LifetimeTests : IDisposable
{
    private readonly TinyChat chat = new();
    private readonly string longMessage = string.Concat(Enumerable.Repeat("abcde", 55));

    public void Dispose() => chat.Dispose();

    [Fact]
    public async Task CancellationWhileThePromptIsReadEndsBetweenBatches()
    {
        int[] prompt = chat.Prompt(longMessage);
        using var session = new PooledSession(chat.Model.CreateSession());
        var request = ChatRequest.From([new(ChatRole.User, longMessage)], null, TinyChat.Drawn, "tiny");
        ChatTemplate template = ChatTemplate.FromGguf(chat.Model)!;
        int checks = 0;
        Assert.Throws<OperationCanceledException>(() => new Answer(chat.Model, template, request, session, prompt).Next(
            () => _ = ++checks == 3 ? throw new OperationCanceledException() : 0));
        Assert.Equal((279, 256), (prompt.Length, session.Count));

        // What was read is not lost, and what follows is the same.
        var answer = new Answer(chat.Model, template, request, session, prompt);
        string text = "";
        while (answer.Next(() => { }) is { } piece)
        {
            text += piece;
        }

        Assert.Equal(256, answer.Usage.CachedInputTokenCount);
        Assert.Equal(chat.Model.Tokenizer.Decode([.. chat.Answer(prompt, TinyChat.Drawn)]), text);

        using KleidiSharpChatClient client = chat.Client();
        var cancelled = new CancellationToken(canceled: true);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => client.GetResponseAsync(longMessage, cancellationToken: cancelled));
    }

    [Fact]
    public async Task CancellationWhileAnAnswerIsWrittenEndsItAndFreesTheSession()
    {
        using KleidiSharpChatClient client = chat.Client(chat.Lasting("abc", 20), maxSessions: 1);
        foreach (bool withCancellation in new[] { false, true })
        {
            using var cancellation = new CancellationTokenSource();
            int updates = 0;
            IAsyncEnumerable<ChatResponseUpdate> stream = client.GetStreamingResponseAsync("abc", cancellationToken: withCancellation ? default : cancellation.Token);
            var thrown = await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
            {
                await foreach (ChatResponseUpdate update in stream.WithCancellation(withCancellation ? cancellation.Token : default))
                {
                    if (++updates == 3)
                    {
                        await cancellation.CancelAsync();
                    }
                }
            });
            Assert.Equal(3, updates);
            Assert.True(thrown.CancellationToken.IsCancellationRequested);
        }

        Assert.Equal(6, (await client.GetResponseAsync("abc")).Usage!.CachedInputTokenCount);
    }

    [Fact]
    public async Task AnEnumerationThatIsLeftEarlyFreesItsSession()
    {
        using KleidiSharpChatClient client = chat.Client(chat.Lasting("abc", 20), maxSessions: 1);
        await foreach (ChatResponseUpdate update in client.GetStreamingResponseAsync("abc"))
        {
            break;
        }

        Assert.Equal(6, (await client.GetResponseAsync("abc")).Usage!.CachedInputTokenCount);
    }

    [Fact]
    public async Task RequestsWaitForASessionAndCanBeCancelledMeanwhile()
    {
        using KleidiSharpChatClient client = chat.Client(chat.Lasting("abc", 20), maxSessions: 1);
        IAsyncEnumerator<ChatResponseUpdate> first = client.GetStreamingResponseAsync("abc").GetAsyncEnumerator();
        Assert.True(await first.MoveNextAsync());
        using var cancellation = new CancellationTokenSource();
        Task<ChatResponse> cancelled = client.GetResponseAsync("def", cancellationToken: cancellation.Token);
        Task<ChatResponse> waiting = client.GetResponseAsync("abc");
        await Task.Delay(50);
        Assert.False(cancelled.IsCompleted || waiting.IsCompleted);
        await cancellation.CancelAsync();
        var thrown = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled);
        Assert.Equal(cancellation.Token, thrown.CancellationToken);
        Assert.False(waiting.IsCompleted);
        await first.DisposeAsync();
        Assert.Equal(20, (await waiting).Usage!.OutputTokenCount);
    }

    [Fact]
    public async Task DisposalEndsWhatRunsAndWhatWaits()
    {
        KleidiSharpChatClient client = chat.Client(chat.Lasting("abc", 20), maxSessions: 1);
        IAsyncEnumerator<ChatResponseUpdate> running = client.GetStreamingResponseAsync("abc").GetAsyncEnumerator();
        Assert.True(await running.MoveNextAsync());
        Task<ChatResponse> waiting = client.GetResponseAsync("def");
        await Task.Delay(50);
        client.Dispose();
        client.Dispose();
        string name = (await Assert.ThrowsAsync<ObjectDisposedException>(() => waiting)).ObjectName;
        Assert.Equal(typeof(KleidiSharpChatClient).FullName, name);
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await running.MoveNextAsync());
        await Assert.ThrowsAsync<ObjectDisposedException>(() => client.GetResponseAsync("abc"));
        Assert.Throws<ObjectDisposedException>(() => client.GetStreamingResponseAsync("abc"));
    }

    [Fact]
    public async Task DisposalWhileManyAreAtWorkEndsThemCleanly()
    {
        for (int round = 0; round < 10; round++)
        {
            using var other = new TinyChat();
            var client = new KleidiSharpChatClient(other.Model, ownsModel: true, sampling: new SamplingOptions { Temperature = 1 });
            Task<Exception>[] requests = [.. Enumerable.Range(0, 6).Select(i => Task.Run(async () =>
                await Record.ExceptionAsync(async () =>
                {
                    while (true)
                    {
                        await client.GetResponseAsync(new string((char)('a' + i), 100));
                    }
                })))];
            await Task.Delay(20 * round);
            client.Dispose();
            Assert.All(await Task.WhenAll(requests), fault => Assert.IsType<ObjectDisposedException>(fault));
        }
    }

    [Fact]
    public async Task TheModelIsDisposedOfByWhoeverOwnsIt()
    {
        using (var client = new KleidiSharpChatClient(chat.Model, ownsModel: false, sampling: TinyChat.Drawn))
        {
            await client.GetResponseAsync("abc");
        }

        using LlamaSession session = chat.Model.CreateSession();
        Assert.Equal(40, session.Forward([1]).Length);
        var owner = new KleidiSharpChatClient(chat.Model, ownsModel: true);
        owner.Dispose();
        Assert.Throws<ObjectDisposedException>(() => { session.Forward([1]); });
    }

    [Fact]
    public void SessionsThatKeepAPrefixGiveTheSameBits()
    {
        int[] first = chat.Prompt(longMessage[..200]);
        int[] second = [.. first[..150], .. chat.Prompt("other")];
        using var kept = new PooledSession(chat.Model.CreateSession());
        kept.Read(first);
        Assert.Equal(150, kept.CommonPrefix(second));
        Assert.Equal(150, kept.Keep(second));
        float[] logits = kept.Read(second.AsSpan(150)).ToArray();
        using LlamaSession fresh = chat.Model.CreateSession();
        Parity.AssertSameBits(fresh.Forward(second), logits);
        Assert.Equal(second.Length - 1, kept.Keep(second)); // the last token is read again, for its logits
        Parity.AssertSameBits(logits, kept.Read(second.AsSpan(second.Length - 1)));
    }
}
