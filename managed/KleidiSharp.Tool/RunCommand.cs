// SPDX-License-Identifier: Apache-2.0
using System.CommandLine;
using System.Diagnostics;
using KleidiSharp.Models;
using KleidiSharp.Tool.Run;

namespace KleidiSharp.Tool;

/// <summary><c>kleidi run</c>: text from a model.</summary>
internal sealed class RunCommand : ToolCommand
{
    private readonly Argument<string> model = CommonOptions.Model();
    private readonly Option<string> prompt = new("--prompt")
    {
        Description = "The text to continue. \"\" lets the model begin. It is not repeated in the output.",
        HelpName = "text",
        Required = true,
    };
    private readonly Option<bool> chat = new("--chat")
    {
        Description = "The prompt is a message, and the text the answer to it, as the chat template in the file has them.",
    };
    private readonly Option<string> weights = CommonOptions.Weights();
    private readonly Option<int> group = CommonOptions.Group();
    private readonly Option<int> maxTokens = new("--max-tokens")
    {
        Description = "Tokens to generate at most; fewer where the model ends the text or its context is full.",
        HelpName = "n",
        DefaultValueFactory = _ => 200,
        CustomParser = result => CommonOptions.Parse<int>(result, "a whole number of at least 1", n => n >= 1),
    };
    private readonly Option<float> temperature = new("--temperature")
    {
        Description = "0 always takes the likeliest token; 1 follows the model's probabilities; more is bolder.",
        HelpName = "t",
        DefaultValueFactory = _ => 0.8f,
        CustomParser =
            result => CommonOptions.Parse<float>(result, "a number of at least 0", t => t >= 0 && float.IsFinite(t)),
    };
    private readonly Option<int> topK = new("--top-k")
    {
        Description = "Only this many of the likeliest tokens take part; 0 for all.",
        HelpName = "k",
        DefaultValueFactory = _ => 0,
        CustomParser = result => CommonOptions.Parse<int>(result, "a whole number of at least 0", k => k >= 0),
    };
    private readonly Option<float> topP = new("--top-p")
    {
        Description = "Only the likeliest tokens that together have this probability take part.",
        HelpName = "p",
        DefaultValueFactory = _ => 0.95f,
        CustomParser =
            result => CommonOptions.Parse<float>(result, "a number above 0 and at most 1", p => p is > 0 and <= 1),
    };
    private readonly Option<ulong> seed = new("--seed")
    {
        Description = "Where the random numbers begin: the same seed gives the same text, on every machine.",
        HelpName = "s",
        DefaultValueFactory = _ => 0,
        CustomParser = result => CommonOptions.Parse<ulong>(result, "a whole number of at least 0", _ => true),
    };
    private readonly Option<string?> packedCache = CommonOptions.PackedCache();
    private readonly Option<int?> threads = CommonOptions.Threads();
    private readonly Option<KernelTiers> disable = CommonOptions.Disable();
    private readonly Option<bool> json = CommonOptions.Json();

    public RunCommand()
        : base(
            "run",
            "Generates text with a model in a GGUF file. Standard output gets the text and nothing else, without a "
            + "final newline unless it is a terminal; standard error gets progress, speed, kernels and layers that "
            + "fell back.",
            "kleidi run model.gguf --prompt \"Once upon a time\"",
            "kleidi run model.gguf --prompt \"\" --temperature 0 > story.txt  # the same text on every machine",
            "kleidi run model.gguf --prompt \"Tell me\" --seed 7 --top-k 40 --max-tokens 50",
            "kleidi run model.gguf --chat --prompt \"Why is the sky blue?\"",
            "kleidi run model.gguf --prompt \"Hello\" --packed-cache ~/.cache/kleidi  # packed once, mapped ever after",
            "kleidi run model.gguf --prompt \"Hello\" --json  # text and figures in one document")
    {
        Arguments.Add(model);
        Options.Add(prompt);
        Options.Add(chat);
        Options.Add(weights);
        Options.Add(group);
        Options.Add(maxTokens);
        Options.Add(temperature);
        Options.Add(topK);
        Options.Add(topP);
        Options.Add(seed);
        Options.Add(packedCache);
        Options.Add(threads);
        Options.Add(disable);
        Options.Add(json);
    }

    protected override int Run(ParseResult arguments, ToolConsole console)
    {
        bool asJson = arguments.GetValue(json);
        using ComputeContext compute =
            CommonOptions.OpenCompute(arguments.GetValue(threads), arguments.GetValue(disable), console);
        long start = Stopwatch.GetTimestamp();
        using LlamaModel llama = ModelLoading.Load(
            arguments.GetValue(model)!,
            CommonOptions.Format(arguments.GetValue(weights)!, arguments.GetValue(group)),
            arguments.GetValue(packedCache),
            compute,
            console);
        double loadSeconds = Stopwatch.GetElapsedTime(start).TotalSeconds;

        ChatTemplate? template = !arguments.GetValue(chat) ? null : ChatTemplate.FromGguf(llama)
            ?? throw new NotSupportedException($"the model '{llama.Name}' has no chat template; leave --chat out");
        using var generation = new TextGeneration(llama, new SamplingOptions
        {
            Temperature = arguments.GetValue(temperature),
            TopK = arguments.GetValue(topK),
            TopP = arguments.GetValue(topP),
            Seed = arguments.GetValue(seed),
            MaxTokens = arguments.GetValue(maxTokens),
        }, template);
        using (var progress = new ProgressLine(console, "reading the prompt"))
        {
            generation.Read(arguments.GetValue(prompt)!, fraction => progress.Report(fraction));
        }

        foreach (string piece in generation.Write())
        {
            if (!asJson)
            {
                console.Out.Write(piece);
                console.Out.Flush();
            }
        }

        RunReport report = RunReport.Of(llama, compute, generation, loadSeconds);
        if (asJson)
        {
            console.WriteJson(report, ToolJson.Default.RunReport);
        }
        else
        {
            // The text ends with a newline for a person; a file or a pipe gets exactly the text.
            (console.OutIsTerminal ? console.Out : console.Error).WriteLine();
            RunText.Write(report, console.Error);
        }

        return CommandLine.Success;
    }
}
