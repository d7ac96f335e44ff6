// SPDX-License-Identifier: Apache-2.0
using KleidiSharp.Models;
using Microsoft.Extensions.AI;

namespace KleidiSharp.Extensions.AI.Tests;

public sealed class StopSequenceTests
{
    [Theory]
    [InlineData("one|two", "tw", "one|", true)]
    [InlineData("a|b|c|d|e", "cd", "a|b||", true)] // c is held back, and never shown
    [InlineData("a|b|c|e|f", "cd", "a|b||ce|f|", false)]
    [InlineData("a|ab|aac|aa", "aabb", "||aabaac||aa", false)]
    [InlineData("aab|x", "aabb,ab", "a", true)] // what comes first in the text
    [InlineData("ab|c", "abc,b", "a", true)]
    [InlineData("ab", "abc", "|ab", false)]
    [InlineData("abab|abc", "ababc", "|ab", true)]
    [InlineData("x|y", "", "x|y|", false)]
    public void WhatMayBeginAStopSequenceIsHeldBack(string pieces, string sequences, string shown, bool found)
    {
        var scanner = new StopScanner(sequences.Split(',', StringSplitOptions.RemoveEmptyEntries));
        var results = new List<string>();
        foreach (string piece in pieces.Split('|'))
        {
            results.Add(scanner.Push(piece));
            if (scanner.Found)
            {
                break;
            }
        }

        Assert.Equal(found, scanner.Found);
        Assert.Equal("", found ? scanner.Push("more") + scanner.Flush() : "");
        Assert.Equal(shown, string.Join('|', found ? results : [.. results, scanner.Flush()]));
    }

    [Fact]
    public async Task AnswersEndBeforeTheFirstStopSequence()
    {
        using var chat = new TinyChat();
        SamplingOptions sampling = chat.Lasting("abc", 25);
        using KleidiSharpChatClient client = chat.Client(sampling);
        string whole = chat.AnswerText("abc", sampling);
        Assert.True(whole.Length > 10);
        for (int start = 0; start + 3 < whole.Length; start++)
        {
            string stop = whole.Substring(start, 3);
            var options = new ChatOptions { StopSequences = ["none of this", stop] };
            List<ChatResponseUpdate> updates = await client.GetStreamingResponseAsync("abc", options).ToListAsync();
            Assert.Equal(whole[..whole.IndexOf(stop, StringComparison.Ordinal)], string.Concat(updates.Select(u => u.Text)));
            Assert.Equal(ChatFinishReason.Stop, updates[^1].FinishReason);
            Assert.All(updates.SkipLast(1), update => Assert.NotEmpty(update.Text));
        }

        // What was held back is shown once it cannot be one any more.
        ChatResponse held = await client.GetResponseAsync("abc", new ChatOptions { StopSequences = [whole[^2..] + "~"] });
        Assert.Equal((whole, ChatFinishReason.Length), (held.Text, held.FinishReason));
    }
}
