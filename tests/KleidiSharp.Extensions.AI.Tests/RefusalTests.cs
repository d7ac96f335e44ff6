// SPDX-License-Identifier: Apache-2.0
using KleidiSharp.Models;
using Microsoft.Extensions.AI;

namespace KleidiSharp.Extensions.AI.Tests;

public sealed class RefusalTests : IDisposable
{
    private static readonly AITool Tool = AIFunctionFactory.Create(() => 1, "one");

    private readonly TinyChat chat = new();

    public static TheoryData<ChatOptions, string> Refused => new()
    {
        { new() { Tools = [Tool] }, "ChatOptions.Tools is 1 of them; this client calls no tools; leave them out, or set ToolMode to None." },
        { new() { Tools = [Tool], ToolMode = ChatToolMode.Auto }, "ChatOptions.Tools is 1 of them; this client calls no tools; leave them out, or set ToolMode to None." },
        { new() { ToolMode = ChatToolMode.RequireAny }, "ChatOptions.ToolMode is a RequiredChatToolMode; this client calls no tools; None is possible." },
        { new() { ResponseFormat = ChatResponseFormat.Json }, "ChatOptions.ResponseFormat is a ChatResponseFormatJson; this client writes text; ChatResponseFormat.Text is possible." },
        { new() { FrequencyPenalty = 0.5f }, "ChatOptions.FrequencyPenalty is 0.5; this client has no penalties; 0 is possible." },
        { new() { PresencePenalty = -1 }, "ChatOptions.PresencePenalty is -1; this client has no penalties; 0 is possible." },
        { new() { Reasoning = new() { Effort = ReasoningEffort.High } }, "ChatOptions.Reasoning.Effort is High; this client has no control over reasoning; None is possible." },
        { new() { ConversationId = "7" }, "ChatOptions.ConversationId is '7'; this client keeps no conversations; send all messages each time." },
        { new() { ModelId = "other" }, "ChatOptions.ModelId is 'other'; this client has one model, 'tiny'." },
        { new() { RawRepresentationFactory = _ => null }, "ChatOptions.RawRepresentationFactory is set; this client has no options of its own." },
#pragma warning disable MEAI001 // Evaluation API: here to see it refused.
        { new() { AllowBackgroundResponses = true }, "ChatOptions.AllowBackgroundResponses is true; this client answers at once." },
        { new() { ContinuationToken = ResponseContinuationToken.FromBytes(new byte[1]) }, "ChatOptions.ContinuationToken is set; this client answers at once." },
#pragma warning restore MEAI001
    };

    public void Dispose() => chat.Dispose();

    [Theory]
    [MemberData(nameof(Refused))]
    public async Task WhatTheClientCannotDoIsRefusedByName(ChatOptions options, string message)
    {
        using KleidiSharpChatClient client = chat.Client();
        Assert.Equal(message, (await Assert.ThrowsAsync<NotSupportedException>(() => client.GetResponseAsync("abc", options))).Message);
        Assert.Equal(message, Assert.Throws<NotSupportedException>(() => client.GetStreamingResponseAsync("abc", options)).Message);
    }

    [Fact]
    public async Task ToolsThatAreNotToBeCalledAreNotRefused()
    {
        using KleidiSharpChatClient client = chat.Client();
        ChatOptions options = new() { Tools = [Tool], ToolMode = ChatToolMode.None, Reasoning = new() { Effort = ReasoningEffort.None }, AdditionalProperties = new() { ["x"] = 1 } };
        Assert.Equal((await client.GetResponseAsync("abc")).Text, (await client.GetResponseAsync("abc", options)).Text);
    }

    [Fact]
    public async Task ContentOtherThanTextIsRefused()
    {
        using KleidiSharpChatClient client = chat.Client();
        ChatMessage[] messages = [new(ChatRole.User, "abc"), new(ChatRole.User, [new TextContent("a"), new DataContent(new byte[1], "image/png")])];
        Assert.Equal(
            "messages[1] holds a DataContent; this client reads TextContent only.",
            (await Assert.ThrowsAsync<NotSupportedException>(() => client.GetResponseAsync(messages))).Message);
        ChatMessage result = new(ChatRole.Tool, [new FunctionResultContent("1", 2)]);
        Assert.Equal(
            "messages[0] holds a FunctionResultContent; this client reads TextContent only.",
            (await Assert.ThrowsAsync<NotSupportedException>(() => client.GetResponseAsync([result]))).Message);
    }

    [Fact]
    public async Task ArgumentsAreChecked()
    {
        using KleidiSharpChatClient client = chat.Client();
        Assert.Equal("messages", (await Assert.ThrowsAsync<ArgumentNullException>(() => client.GetResponseAsync((IEnumerable<ChatMessage>)null!))).ParamName);
        await Refused<ArgumentException>([], null, "messages holds no messages; at least one is needed. (Parameter 'messages')");
        await Refused<ArgumentException>([null!], null, "messages[0] is null. (Parameter 'messages')");
        ChatMessage[] one = [new(ChatRole.User, "abc")];
        await Refused<ArgumentException>(one, new() { StopSequences = ["a", ""] }, "StopSequences[1] is empty. (Parameter 'options')");
        await Refused<ArgumentOutOfRangeException>(one, new() { MaxOutputTokens = 0 }, "MaxOutputTokens must be at least 1, or null. (Parameter 'options')\nActual value was 0.");
        await Refused<ArgumentOutOfRangeException>(one, new() { Temperature = -1 }, "Temperature must be finite and at least 0. (Parameter 'Temperature')\nActual value was -1.");
        await Refused<ArgumentOutOfRangeException>(one, new() { TopP = 2 }, "TopP must be above 0 and at most 1. (Parameter 'TopP')\nActual value was 2.");
        await Refused<ArgumentOutOfRangeException>(one, new() { TopK = -1 }, "TopK must be at least 0; 0 means all tokens. (Parameter 'TopK')\nActual value was -1.");
        Assert.Equal("maxSessions", Assert.Throws<ArgumentOutOfRangeException>(() => chat.Client(maxSessions: 0)).ParamName);
        Assert.Equal("model", Assert.Throws<ArgumentNullException>(() => new KleidiSharpChatClient(null!, false)).ParamName);

        async Task Refused<T>(ChatMessage[] messages, ChatOptions? options, string message)
            where T : Exception =>
            Assert.Equal(message, (await Assert.ThrowsAsync<T>(() => client.GetResponseAsync(messages, options))).Message.ReplaceLineEndings("\n"));
    }

    [Fact]
    public async Task TheTemplatesOwnRefusalReachesTheCaller()
    {
        using var strict = new TinyChat("{% if messages[0].role == 'system' %}{{ raise_exception('System role not supported') }}{% endif %}" + TinyChat.Template);
        using KleidiSharpChatClient client = strict.Client();
        Assert.Equal(
            "System role not supported",
            (await Assert.ThrowsAsync<ArgumentException>(() => client.GetResponseAsync("abc", new() { Instructions = "be" }))).Message);
        Assert.NotEmpty((await client.GetResponseAsync("abc")).Text);
    }

    [Fact]
    public async Task AModelWithoutATemplateNeedsOne()
    {
        using var bare = new TinyChat(template: null);
        Assert.Equal(
            "The file of the model 'tiny' has no chat template (tokenizer.chat_template); give one.",
            Assert.Throws<NotSupportedException>(() => bare.Client()).Message);
        using var client = new KleidiSharpChatClient(
            bare.Model, ownsModel: false, ChatTemplate.Parse(TinyChat.Template, bare.Model.Tokenizer), TinyChat.Drawn);
        Assert.Equal(bare.AnswerText("abc", TinyChat.Drawn), (await client.GetResponseAsync("abc")).Text);
        using var empty = new KleidiSharpChatClient(bare.Model, ownsModel: false, ChatTemplate.Parse("", bare.Model.Tokenizer), new SamplingOptions { MaxTokens = 1 });
        Assert.Equal(1, (await empty.GetResponseAsync("abc")).Usage!.InputTokenCount); // the token that begins texts
    }
}
