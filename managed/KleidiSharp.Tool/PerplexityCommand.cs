// SPDX-License-Identifier: Apache-2.0
using System.CommandLine;
using System.Diagnostics;
using KleidiSharp.Models;
using KleidiSharp.Tool.Run;

namespace KleidiSharp.Tool;

/// <summary><c>kleidi perplexity</c>: how well a model, and what quantising did to it, predicts a text.</summary>
internal sealed class PerplexityCommand : ToolCommand
{
    private const int DefaultWindow = 256;

    private readonly Argument<string> model = CommonOptions.Model();
    private readonly Argument<string> text = new("text")
    {
        Description = "A text file in UTF-8.",
        HelpName = "TEXT",
    };
    private readonly Option<string> weights = CommonOptions.Weights();
    private readonly Option<int> group = CommonOptions.Group();
    private readonly Option<int> window = new("--window")
    {
        Description = "Tokens of a window, the one that begins a text included; at most the model's context.",
        HelpName = "n",
        DefaultValueFactory = _ => DefaultWindow,
        CustomParser = result => CommonOptions.Parse<int>(result, "a whole number of at least 2", n => n >= 2),
    };
    private readonly Option<string> separator = new("--separator")
    {
        Description = "Where the file holds this, it holds several texts: each is trimmed, and its first window "
            + "counts. Elsewhere the file is one text, and all its windows count.",
        HelpName = "text",
        DefaultValueFactory = _ => "<|endoftext|>",
    };
    private readonly Option<string?> packedCache = CommonOptions.PackedCache();
    private readonly Option<int?> threads = CommonOptions.Threads();
    private readonly Option<KernelTiers> disable = CommonOptions.Disable();
    private readonly Option<bool> json = CommonOptions.Json();

    public PerplexityCommand()
        : base(
            "perplexity",
            "Measures how well a model predicts a text: e to the mean negative log-likelihood of its tokens. Less is "
            + "better; compare --weights int4 with f32 to see what quantising costs.",
            "kleidi perplexity model.gguf text.txt                # with int4 weights",
            "kleidi perplexity model.gguf text.txt --weights f32  # with the file's own",
            "kleidi perplexity model.gguf text.txt --group 128 --json")
    {
        Arguments.Add(model);
        Arguments.Add(text);
        Options.Add(weights);
        Options.Add(group);
        Options.Add(window);
        Options.Add(separator);
        Options.Add(packedCache);
        Options.Add(threads);
        Options.Add(disable);
        Options.Add(json);
    }

    protected override int Run(ParseResult arguments, ToolConsole console)
    {
        string content = File.ReadAllText(arguments.GetValue(text)!);
        using ComputeContext compute =
            CommonOptions.OpenCompute(arguments.GetValue(threads), arguments.GetValue(disable), console);
        using LlamaModel llama = ModelLoading.Load(
            arguments.GetValue(model)!,
            CommonOptions.Format(arguments.GetValue(weights)!, arguments.GetValue(group)),
            arguments.GetValue(packedCache),
            compute,
            console);

        string between = arguments.GetValue(separator)!;
        long start = Stopwatch.GetTimestamp();
        PerplexityResult result;
        using (var progress = new ProgressLine(console, "perplexity"))
        {
            result = Perplexity.Evaluate(llama, content, new PerplexityOptions
            {
                Separator = between.Length > 0 && content.Contains(between, StringComparison.Ordinal) ? between : null,
                WindowTokens = Math.Min(arguments.GetValue(window), llama.Config.ContextLength),
                Progress = progress.Receive<(int Done, int Total)>(
                    p => ((double)p.Done / p.Total, $"{p.Done} of {p.Total} tokens")),
            });
        }

        var report = new PerplexityReport(
            MachineReport.Here(compute),
            result.Perplexity,
            result.MeanNll,
            result.Tokens,
            result.Windows,
            Stopwatch.GetElapsedTime(start).TotalSeconds,
            LayerKernels.Of(llama.Report, DefaultWindow),
            Fallback.Of(llama.Report));
        if (arguments.GetValue(json))
        {
            console.WriteJson(report, ToolJson.Default.PerplexityReport);
            return CommandLine.Success;
        }

        string windows = Figures.Count(report.Windows, "window");
        console.Out.WriteLine(
            $"perplexity {report.Perplexity:F4}, {report.MeanNll:F6} nats per token, {report.Tokens} tokens in {windows}");
        console.Error.WriteLine($"{report.Tokens / report.Seconds:F0} tokens/s");
        RunText.WriteLayers(report.Layers, report.Fallbacks, console.Error);
        return CommandLine.Success;
    }
}
