// SPDX-License-Identifier: Apache-2.0
using KleidiSharp.Models;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace KleidiSharp.Extensions.AI.Tests;

public sealed class ServiceCollectionTests : IDisposable
{
    private readonly TinyChat chat = new();

    public void Dispose() => chat.Dispose();

    [Fact]
    public async Task OneClientIsMadeWhenItIsAskedForAndDisposedOfByTheContainer()
    {
        ServiceProvider provider = new ServiceCollection().AddKleidiSharpChatClient(chat.Path).BuildServiceProvider();
        IChatClient client = provider.GetRequiredService<IChatClient>();
        Assert.Same(client, provider.GetRequiredService<IChatClient>());
        Assert.Equal(
            chat.AnswerText("abc", new SamplingOptions { MaxTokens = 9 }), (await client.GetResponseAsync("abc", new() { MaxOutputTokens = 9 })).Text);
        await provider.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => client.GetResponseAsync("abc"));
        Assert.Throws<ObjectDisposedException>(() => client.GetService<LlamaModel>()!.CreateSession().Forward([1]).Length);
    }

    [Fact]
    public async Task OptionsReachTheClient()
    {
        using ServiceProvider provider = new ServiceCollection().AddKleidiSharpChatClient(options =>
        {
            options.ModelPath = chat.Path;
            options.ModelId = "mine";
            options.Load = new LoadOptions { Weights = WeightFormat.Float32 };
            options.ChatTemplate = "{{ messages[0].content }}";
            options.Sampling = new SamplingOptions { MaxTokens = 2, Temperature = 1, Seed = 2 };
            options.MaxSessions = 1;
        }).BuildServiceProvider();
        IChatClient client = provider.GetRequiredService<IChatClient>();
        Assert.Equal("mine", client.GetService<ChatClientMetadata>()!.DefaultModelId);
        Assert.All(client.GetService<LlamaModel>()!.Report.Layers, layer => Assert.Equal(WeightFormat.Float32, layer.Format));
        ChatResponse response = await client.GetResponseAsync("abc");
        Assert.Equal((4, "mine"), (response.Usage!.InputTokenCount, response.ModelId));
        Assert.InRange(response.Usage.OutputTokenCount!.Value, 0, 2);
    }

    [Fact]
    public void TheFirstRegistrationStands()
    {
        IServiceCollection services = new ServiceCollection().AddKleidiSharpChatClient(chat.Path).AddKleidiSharpChatClient("missing.gguf");
        Assert.Single(services, service => service.ServiceType == typeof(IChatClient));
        using ServiceProvider provider = services.BuildServiceProvider();
        Assert.IsType<KleidiSharpChatClient>(provider.GetRequiredService<IChatClient>());

        using KleidiSharpChatClient other = chat.Client();
        using ServiceProvider taken = new ServiceCollection().AddSingleton<IChatClient>(other).AddKleidiSharpChatClient("missing.gguf").BuildServiceProvider();
        Assert.Same(other, taken.GetRequiredService<IChatClient>());
        Assert.Null(taken.GetService<IStartupValidator>());
    }

    [Fact]
    public async Task KeysHoldClientsOfTheirOwn()
    {
        using var second = new TinyChat(seed: 2);
        using ServiceProvider provider = new ServiceCollection()
            .AddKeyedKleidiSharpChatClient("a", chat.Path)
            .AddKeyedKleidiSharpChatClient("a", "missing.gguf")
            .AddKeyedKleidiSharpChatClient("b", options => options.ModelPath = second.Path)
            .BuildServiceProvider();
        var a = provider.GetRequiredKeyedService<IChatClient>("a");
        var b = provider.GetRequiredKeyedService<IChatClient>("b");
        Assert.Same(a, provider.GetRequiredKeyedService<IChatClient>("a"));
        Assert.Null(provider.GetService<IChatClient>());
        var options = new ChatOptions { MaxOutputTokens = 9 };
        Assert.Equal(chat.AnswerText("abc", new SamplingOptions { MaxTokens = 9 }), (await a.GetResponseAsync("abc", options)).Text);
        Assert.Equal(second.AnswerText("abc", new SamplingOptions { MaxTokens = 9 }), (await b.GetResponseAsync("abc", options)).Text);
    }

    [Fact]
    public void OptionsAreCheckedWhenTheHostStarts()
    {
        Fails(_ => { }, "KleidiSharpChatOptions.ModelPath is empty; it names the model's GGUF file.");
        Fails(o => o.ModelPath = "missing.gguf", "KleidiSharpChatOptions.ModelPath is 'missing.gguf', where there is no file.");
        Fails(o => (o.ModelPath, o.MaxSessions) = (chat.Path, 0), "KleidiSharpChatOptions.MaxSessions is 0; it must be 1 to 1024.");
        Fails(o => (o.ModelPath, o.MaxSessions) = (chat.Path, 1025), "KleidiSharpChatOptions.MaxSessions is 1025; it must be 1 to 1024.");
        Fails(o => (o.ModelPath, o.ModelId) = (chat.Path, ""), "KleidiSharpChatOptions.ModelId is empty; it is a name, or null for the file's.");
        Fails(o => (o.ModelPath, o.Load) = (chat.Path, null!), "KleidiSharpChatOptions.Load is null; it says how the model is loaded.");
        Fails(o => (o.ModelPath, o.Sampling) = (chat.Path, null!), "KleidiSharpChatOptions.Sampling is null; it says how tokens are chosen.");

        using ServiceProvider keyed = new ServiceCollection().AddKeyedKleidiSharpChatClient("a", "").BuildServiceProvider();
        Assert.Equal(
            "'a': KleidiSharpChatOptions.ModelPath is empty; it names the model's GGUF file.",
            Assert.Throws<OptionsValidationException>(() => keyed.GetRequiredService<IStartupValidator>().Validate()).Message);
        using ServiceProvider right = new ServiceCollection().AddKleidiSharpChatClient(chat.Path).BuildServiceProvider();
        right.GetRequiredService<IStartupValidator>().Validate();

        static void Fails(Action<KleidiSharpChatOptions> configure, string message)
        {
            using ServiceProvider provider = new ServiceCollection().AddKleidiSharpChatClient(configure).BuildServiceProvider();
            Assert.Equal(message, Assert.Throws<OptionsValidationException>(() => provider.GetRequiredService<IStartupValidator>().Validate()).Message);
            Assert.Throws<OptionsValidationException>(() => provider.GetRequiredService<IChatClient>());
            var options = new KleidiSharpChatOptions();
            configure(options);
            Assert.Equal(message + " (Parameter 'options')", Assert.Throws<ArgumentException>(() => KleidiSharpChatClient.Load(options)).Message);
        }
    }

    [Fact]
    public async Task MessagesGoToTheLoggersOfTheContainer()
    {
        var log = new RecordedLog();
        using ServiceProvider provider = new ServiceCollection().AddSingleton<ILoggerFactory>(log).AddKleidiSharpChatClient(o =>
        {
            o.ModelPath = chat.Path;
            o.Sampling = new SamplingOptions { MaxTokens = 1 };
        }).BuildServiceProvider();
        Assert.Empty(log.Messages);
        ChatResponse response = await provider.GetRequiredService<IChatClient>().GetResponseAsync("abc");
        Assert.Contains($"KleidiSharp.Extensions.AI.KleidiSharpChatClient: Model tiny loaded from {chat.Path}; its context holds 300 tokens", log.Messages);
        Assert.Contains(log.Messages, message => message.StartsWith("KleidiSharp: Packed int4", StringComparison.Ordinal));
        Assert.Contains(
            $"KleidiSharp.Extensions.AI.KleidiSharpChatClient: Response {response.ResponseId}: 7 tokens in, 0 of them seen before; "
            + $"{response.Usage!.OutputTokenCount} out; ended by {response.FinishReason}",
            log.Messages);
    }

    [Fact]
    public void FilesThatAreNoModelsAreRefusedAndLeftAlone()
    {
        string path = Path.GetTempFileName();
        try
        {
            File.WriteAllText(path, "no model");
            using ServiceProvider provider = new ServiceCollection().AddSingleton<ILoggerFactory>(new RecordedLog()).AddKleidiSharpChatClient(path).BuildServiceProvider();
            Assert.Throws<GgufException>(() => provider.GetRequiredService<IChatClient>());
            using var bare = new TinyChat(template: null);
            Assert.Throws<NotSupportedException>(() => KleidiSharpChatClient.Load(new() { ModelPath = bare.Path }));
            File.Delete(path);
            Assert.Null(Record.Exception(() => new FileStream(bare.Path, FileMode.Open, FileAccess.ReadWrite, FileShare.Read).Dispose()));
        }
        finally
        {
            File.Delete(path);
        }
    }
}
