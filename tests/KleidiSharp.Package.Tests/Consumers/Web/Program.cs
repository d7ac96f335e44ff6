// A chat in a web application: the client by dependency injection, whole answers and streamed ones.
using Microsoft.Extensions.AI;

var builder = WebApplication.CreateBuilder(args);
builder.Services.AddKleidiSharpChatClient("model.gguf");
var app = builder.Build();

var options = new ChatOptions { MaxOutputTokens = 24 };
app.MapPost("/answer", async (string message, IChatClient chat, CancellationToken cancellation) =>
{
    ChatResponse response = await chat.GetResponseAsync(message, options, cancellation);
    return new { response.Text, response.Usage?.OutputTokenCount, FinishReason = response.FinishReason?.Value };
});
app.MapPost("/stream", (string message, IChatClient chat, CancellationToken cancellation) => Stream(chat, message, cancellation));
app.Run();

async IAsyncEnumerable<string> Stream(
    IChatClient chat, string message,
    [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellation)
{
    await foreach (ChatResponseUpdate update in chat.GetStreamingResponseAsync(message, options, cancellation))
    {
        yield return update.Text;
    }
}
