// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp.Tool.BenchModel;

/// <summary>Measures a model in each format and by each peer, round by round.</summary>
internal static class BenchModelRun
{
    /// <param name="compute">Where to work.</param>
    /// <param name="plan">What to measure.</param>
    /// <param name="console">Is told how far it is.</param>
    /// <param name="clock">Tells the time.</param>
    public static BenchModelReport Of(ComputeContext compute, BenchModelPlan plan, ToolConsole console, TimeProvider clock)
    {
        var formats = new List<LoadedFormat>();
        try
        {
            foreach (WeightFormat format in plan.Formats)
            {
                formats.Add(new LoadedFormat(format, plan, compute, console, clock));
            }

            return Measure(compute, plan, formats, console);
        }
        finally
        {
            formats.ForEach(format => format.Dispose());
        }
    }

    private static BenchModelReport Measure(
        ComputeContext compute, BenchModelPlan plan, List<LoadedFormat> formats, ToolConsole console)
    {
        var file = new FileInfo(plan.File);
        string[] names = [.. plan.Formats.Select(format => format.ToString()), .. plan.Peers.Select(peer => peer.Name)];
        IReadOnlyList<Func<TokenSpeed>> contenders =
        [
            .. formats.Select(format => (Func<TokenSpeed>)format.Measure),
            .. plan.Peers.Select(peer =>
                (Func<TokenSpeed>)(() => peer.Run(file.FullName, compute.Threads, plan.Prompt, plan.Tokens))),
        ];

        using var progress = new ProgressLine(console, "bench-model");
        progress.Report(0, "warm-up");
        formats.ForEach(format => format.Measure());
        ProcessMemory? memory = formats.Count == 1 ? ProcessMemory.Now() : null;
        SpeedRounds rounds = SpeedRounds.Take(
            contenders,
            plan.Rounds,
            (round, i) => progress.Report(
                (round + ((double)i / names.Length)) / plan.Rounds, $"round {round + 1} of {plan.Rounds}, {names[i]}"));

        return new BenchModelReport(
            MachineReport.Here(compute),
            DateTimeOffset.UtcNow,
            new BenchModelMethod(plan.Prompt, plan.Tokens, plan.Rounds, Notes(plan)),
            file.Name,
            formats[0].ModelName,
            file.Length,
            [.. formats.Select((format, i) => format.Describe(file.Length, rounds.Prefill(i), rounds.Decode(i)))],
            [.. plan.Peers.Select((peer, i) => new PeerSpeed(
                peer.Name, peer.Command, rounds.Prefill(formats.Count + i), rounds.Decode(formats.Count + i)))],
            memory);
    }

    private static List<string> Notes(BenchModelPlan plan)
    {
        List<string> notes =
        [
            $"Prefill passes {Figures.Count(plan.Prompt, "token")} through the model at once, decode "
                + $"{Figures.Count(plan.Tokens, "token")} one by one; both begin with an empty context.",
        ];
        if (plan.Formats.Count + plan.Peers.Count > 1)
        {
            notes.Add("In each round every format and every peer is measured once; rates are medians, ratios medians of the "
                + "rounds' ratios.");
            notes.Add("Where the quartiles of a ratio are far apart, the machine was busy with something else.");
        }
        else
        {
            notes.Add("Rates are medians of the rounds.");
        }

        notes.Add(
            "Loading is timed once, and is the faster the more of the file the system has in memory already"
            + (plan.PackedCache is null ? "." : "; weights that are in the packed cache are only mapped."));
        return notes;
    }
}
