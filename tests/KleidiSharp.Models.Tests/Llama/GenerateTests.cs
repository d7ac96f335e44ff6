// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp.Models.Tests;

public class GenerateTests
{
    private static readonly SamplingOptions Drawn = new() { Temperature = 1, Seed = 5, MaxTokens = 30 };

    [Fact]
    public void GeneratesWhatTheSessionAndTheSamplerGive()
    {
        using TemporaryFile file = new TinyLlama().ToFile();
        using LlamaModel model = LlamaModel.Load(file.Name);
        string expected = "";
        using LlamaSession session = model.CreateSession();
        var sampler = new Sampler(Drawn);
        int token = sampler.Next(session.Forward(model.Tokenizer.Encode("abc")));
        for (int i = 0; i < 30 && !model.Tokenizer.Ends(token); i++)
        {
            expected += model.Tokenizer.Decode([token]);
            token = sampler.Next(session.Forward([token]));
        }

        Assert.NotEmpty(expected);
        Assert.Equal(expected, string.Concat(model.Generate("abc", Drawn)));
    }

    [Fact]
    public void SeedsRepeatAndDiffer()
    {
        using TemporaryFile file = new TinyLlama().ToFile();
        using LlamaModel model = LlamaModel.Load(file.Name);
        string[] texts = [.. Enumerable.Range(0, 10).Select(i => string.Concat(model.Generate("ab", Drawn with { Seed = (ulong)i })))];
        Assert.Equal(texts[3], string.Concat(model.Generate("ab", Drawn with { Seed = 3 })));
        Assert.True(texts.Distinct().Count() > 5);
    }

    [Fact]
    public void EndsAtTheLimitAtTheEndOfTheContextAndAtAnEndToken()
    {
        using TemporaryFile file = new TinyLlama { ContextLength = 12 }.ToFile();
        using LlamaModel model = LlamaModel.Load(file.Name);
        Assert.Empty(model.Generate("abc", new SamplingOptions { MaxTokens = 0 }));
        Assert.Single(model.Generate("abc", Unending() with { MaxTokens = 1 }));
        // 4 tokens of prompt leave room for 8, and the last token generated needs none.
        Assert.Equal(9, model.Generate("abc", Unending()).Count());

        using TemporaryFile ending = new TinyLlama().ToFile(
            tensors => tensors["output_norm.weight"].Values.AsSpan().Clear(),
            keys => keys["tokenizer.ggml.eot_token_id"] = 0);
        using LlamaModel ended = LlamaModel.Load(ending.Name); // all logits are 0, so the first token wins, which ends the text
        Assert.Empty(ended.Generate("abc"));
        Assert.True(ended.Tokenizer.Ends(0));
        Assert.False(ended.Tokenizer.Ends(3));

        SamplingOptions Unending()
        {
            // A seed with which no end token and no control token comes up.
            for (ulong seed = 0; ; seed++)
            {
                var options = new SamplingOptions { Temperature = 1, Seed = seed };
                if (model.Generate("abc", options).Count() == 9)
                {
                    return options;
                }
            }
        }
    }

    [Fact]
    public void PromptsLongerThanTheContextAreRefusedBeforeAnythingRuns()
    {
        using TemporaryFile file = new TinyLlama { ContextLength = 10 }.ToFile();
        using LlamaModel model = LlamaModel.Load(file.Name);
        var fault = Assert.Throws<ArgumentException>(() => model.Generate("abcdefghij"));
        Assert.Equal("prompt", fault.ParamName);
        Assert.Contains("prompt holds 11 tokens; the context of this model holds 10", fault.Message, StringComparison.Ordinal);
        Assert.InRange(model.Generate("abcdefghi").Count(), 0, 1);
    }

    [Fact]
    public void AnEmptyPromptNeedsATokenThatBeginsTexts()
    {
        using TemporaryFile file = new TinyLlama().ToFile(changeKeys: keys => keys["tokenizer.ggml.bos_token_id"] = uint.MaxValue);
        using LlamaModel model = LlamaModel.Load(file.Name);
        Assert.Throws<ArgumentException>(() => model.Generate(""));
    }
}
