// SPDX-License-Identifier: Apache-2.0
using KleidiSharp.Models;
using KleidiSharp.Models.Tests;
using Microsoft.Extensions.AI;

namespace KleidiSharp.Extensions.AI.Tests;

/// <summary>A model of random weights with a vocabulary and a template for chats, and what it answers, worked out plainly.</summary>
internal sealed class TinyChat : IDisposable
{
    public const string Template =
        "{% for m in messages %}{{ '<|' + m.role + '|>' + m.content + '<|end|>' }}{% endfor %}"
        + "{% if add_generation_prompt %}<|assistant|>{% endif %}";

    // Control tokens, letters, and the bytes of é apart, so that a character may take two tokens.
    private static readonly string[] Tokens =
    [
        "<unk>", "<s>", "</s>", "<|system|>", "<|user|>", "<|assistant|>", "<|end|>",
        .. "abcdefghijklmnopqrstuvwxyz.,!?".Select(c => c.ToString()), "\u2581", "<0xC3>", "<0xA9>",
    ];

    private readonly TemporaryFile file;

    public TinyChat(string? template = Template, int seed = 1, int contextLength = 300, bool spaces = false)
    {
        file = new TinyLlama(seed) { ContextLength = contextLength }.ToFile(changeKeys: keys =>
        {
            keys["general.name"] = "tiny";
            keys["tokenizer.ggml.add_space_prefix"] = spaces;
            keys["tokenizer.ggml.tokens"] = Tokens;
            keys["tokenizer.ggml.token_type"] =
                Tokens.Select((t, i) => i == 0 ? 2 : i < 7 ? 3 : t.StartsWith("<0x", StringComparison.Ordinal) ? 6 : 1).ToArray();
            if (template is not null)
            {
                keys["tokenizer.chat_template"] = template;
            }
        });
        Model = LlamaModel.Load(file.Name);
    }

    public static SamplingOptions Drawn { get; } = new() { Temperature = 1, Seed = 5, MaxTokens = 30 };

    public string Path => file.Name;

    public LlamaModel Model { get; }

    public KleidiSharpChatClient Client(SamplingOptions? sampling = null, int maxSessions = 4) =>
        new(Model, ownsModel: false, sampling: sampling ?? Drawn, maxSessions: maxSessions);

    /// <summary>The tokens of one message of the user, as the template has them.</summary>
    public int[] Prompt(string user) => [1, 4, .. Model.Tokenizer.Encode(user, addBos: false), 6, 5];

    /// <summary>The tokens of an answer, without the one that ends it.</summary>
    public List<int> Answer(int[] prompt, SamplingOptions sampling)
    {
        using LlamaSession session = Model.CreateSession();
        var sampler = new Sampler(sampling);
        var answer = new List<int>();
        int token = sampler.Next(session.Forward(prompt));
        while (!Model.Tokenizer.Ends(token) && token != 6)
        {
            answer.Add(token);
            if (answer.Count == sampling.MaxTokens || session.Position == Model.Config.ContextLength)
            {
                break;
            }

            token = sampler.Next(session.Forward([token]));
        }

        return answer;
    }

    public string AnswerText(string user, SamplingOptions sampling) => Model.Tokenizer.Decode([.. Answer(Prompt(user), sampling)]);

    /// <summary>Sampling by which the model writes at least some number of tokens to a message.</summary>
    public SamplingOptions Lasting(string user, int tokens, int? maxTokens = null)
    {
        for (ulong seed = 0; ; seed++)
        {
            var sampling = new SamplingOptions { Temperature = 1, Seed = seed, MaxTokens = maxTokens ?? tokens };
            if (Answer(Prompt(user), sampling).Count >= tokens)
            {
                return sampling;
            }
        }
    }

    public void Dispose()
    {
        Model.Dispose();
        file.Dispose();
    }
}
