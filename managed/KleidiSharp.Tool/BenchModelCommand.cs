// SPDX-License-Identifier: Apache-2.0
using System.CommandLine;
using KleidiSharp.Tool.BenchModel;

namespace KleidiSharp.Tool;

/// <summary><c>kleidi bench-model</c>: how fast a whole model is here.</summary>
internal sealed class BenchModelCommand : ToolCommand
{
    private const int Rounds = 7;
    private const int QuickRounds = 3;

    private readonly Argument<string> model = CommonOptions.Model();
    private readonly Option<string[]> weights = CommonOptions.SeveralWeights();
    private readonly Option<int> group = CommonOptions.Group();
    private readonly Option<int> prompt = Count(
        "--prompt", 512, "Tokens that are passed through the model at once; at most the model's context.");
    private readonly Option<int> tokens = Count(
        "--tokens", 32, "Tokens that are passed through the model one by one; at most the model's context.");
    private readonly Option<int?> rounds = new("--rounds")
    {
        Description = $"How often each format and each command of --against is measured. Default: {Rounds}.",
        HelpName = "n",
        CustomParser = result => CommonOptions.Parse<int>(result, "a whole number of at least 1", n => n >= 1),
    };
    private readonly Option<bool> quick = new("--quick")
    {
        Description = $"{QuickRounds} rounds, and as much less exact.",
    };
    private readonly Option<ModelPeer[]> against = CommonOptions.Against(
        "A command that measures another runner of models, run once per round after ours. {model}, {threads}, {prompt} and "
        + "{tokens} are replaced in it; the last line of its output must be a JSON object with tokens per second as "
        + "\"prefill\" and \"decode\". May be given several times.",
        command => new ModelPeer(command));
    private readonly Option<string?> packedCache = CommonOptions.PackedCache();
    private readonly Option<int?> threads = CommonOptions.Threads();
    private readonly Option<KernelTiers> disable = CommonOptions.Disable();
    private readonly Option<bool> json = CommonOptions.Json();

    public BenchModelCommand()
        : base(
            "bench-model",
            "Measures a whole model: loading it, its memory, and tokens per second of a prompt (prefill) and of tokens one by "
            + "one (decode), in one format of the weights or in several turn by turn, and against other runners of models.",
            "kleidi bench-model model.gguf                        # int4 weights",
            "kleidi bench-model model.gguf --weights q4_0,f32     # both, turn by turn, and their ratio",
            "kleidi bench-model model.gguf --prompt 64 --tokens 8 --quick --json   # shorter, for a program to read",
            "kleidi bench-model model.gguf --packed-cache ~/.cache/kleidi  # loading maps what an earlier run has packed",
            "kleidi bench-model model.gguf --weights q4_0 "
            + "--against 'build/peers/llama.sh {model} {threads} {prompt} {tokens}'")
    {
        Arguments.Add(model);
        Options.Add(weights);
        Options.Add(group);
        Options.Add(prompt);
        Options.Add(tokens);
        Options.Add(rounds);
        Options.Add(quick);
        Options.Add(against);
        Options.Add(packedCache);
        Options.Add(threads);
        Options.Add(disable);
        Options.Add(json);
    }

    protected override int Run(ParseResult arguments, ToolConsole console)
    {
        using ComputeContext compute =
            CommonOptions.OpenCompute(arguments.GetValue(threads), arguments.GetValue(disable), console);
        var plan = new BenchModelPlan(
            arguments.GetValue(model)!,
            [.. arguments.GetValue(weights)!.Select(name => CommonOptions.Format(name, arguments.GetValue(group)))],
            arguments.GetValue(prompt),
            arguments.GetValue(tokens),
            arguments.GetValue(rounds) ?? (arguments.GetValue(quick) ? QuickRounds : Rounds),
            arguments.GetValue(packedCache),
            arguments.GetValue(against) ?? []);
        BenchModelReport report = BenchModelRun.Of(compute, plan, console, TimeProvider.System);
        if (arguments.GetValue(json))
        {
            console.WriteJson(report, ToolJson.Default.BenchModelReport);
        }
        else
        {
            BenchModelText.Write(report, console.Out);
        }

        return CommandLine.Success;
    }

    private static Option<int> Count(string name, int standard, string description) => new(name)
    {
        Description = description,
        HelpName = "n",
        DefaultValueFactory = _ => standard,
        CustomParser = result => CommonOptions.Parse<int>(result, "a whole number of at least 1", n => n >= 1),
    };
}
