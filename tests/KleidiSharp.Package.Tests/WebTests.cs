// SPDX-License-Identifier: Apache-2.0
using System.Diagnostics;
using System.Text.Json;

namespace KleidiSharp.PackageTests;

/// <summary>ASP.NET Core applications that have the chat client by dependency injection.</summary>
public sealed class WebTests
{
    private const string WebSdk = "Microsoft.NET.Sdk.Web";
    private static readonly string[] s_packages = ["KleidiSharp.Extensions.AI"];

    [SkippableFact]
    public async Task Answers_come_whole_and_streamed()
    {
        PackageFeed.Require();
        using var app = new Consumer("Web", "net10.0", s_packages, WebSdk);
        app.AddModel("model.gguf");
        await using var server = new Server(app);
        JsonElement answer = JsonSerializer.Deserialize<JsonElement>(await server.Post("answer"));
        string text = answer.GetProperty("text").GetString()!;
        Assert.NotEqual("", text);
        Assert.InRange(answer.GetProperty("outputTokenCount").GetInt32(), 1, 24);
        Assert.Matches("^(stop|length)$", answer.GetProperty("finishReason").GetString());

        string[] pieces = JsonSerializer.Deserialize<string[]>(await server.Post("stream"))!;
        Assert.True(pieces.Length > 1, $"the stream came as {pieces.Length} pieces");
        Assert.Equal(text, string.Concat(pieces));
    }

    /// <summary>The sample of the package's README, as it stands there.</summary>
    [SkippableFact]
    public async Task The_sample_of_the_README_serves()
    {
        PackageFeed.Require();
        string sample = ReadmeTests.Documents().SelectMany(ReadmeTests.Samples).Single(ReadmeTests.IsWeb);
        using var app = new Consumer(null, "net10.0", s_packages, WebSdk);
        app.AddModel("model.gguf");
        app.Write("Program.cs", sample);
        await using var server = new Server(app);
        Assert.NotEqual("", await server.Post("chat"));
    }

    /// <summary>An application that was published and listens on a port of this machine.</summary>
    private sealed class Server : IAsyncDisposable
    {
        private readonly Process process;
        private readonly HttpClient client = new() { Timeout = TimeSpan.FromMinutes(2) };

        public Server(Consumer app)
        {
            string program = Path.Combine(app.Publish(), "app");
            process = Command.Start(program, ["--urls", "http://127.0.0.1:0"], app.Folder);
            const string listens = "Now listening on: ";
            while (process.StandardOutput.ReadLine() is { } line)
            {
                if (line.Contains(listens, StringComparison.Ordinal))
                {
                    client.BaseAddress = new Uri(line[(line.IndexOf(listens, StringComparison.Ordinal) + listens.Length)..]);
                    return;
                }
            }

            throw new InvalidOperationException($"the application ended: {process.StandardError.ReadToEnd()}");
        }

        public async Task<string> Post(string path)
        {
            using HttpResponseMessage response = await client.PostAsync(
                new Uri($"/{path}?message=hello", UriKind.Relative), content: null);
            string text = await response.Content.ReadAsStringAsync();
            Assert.True(response.IsSuccessStatusCode, $"{response.StatusCode}: {text}");
            return text;
        }

        public async ValueTask DisposeAsync()
        {
            client.Dispose();
            process.Kill();
            await process.WaitForExitAsync();
            process.Dispose();
        }
    }
}
