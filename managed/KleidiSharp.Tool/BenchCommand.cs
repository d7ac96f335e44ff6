// SPDX-License-Identifier: Apache-2.0
using System.CommandLine;
using System.Globalization;
using KleidiSharp.Tool.Bench;

namespace KleidiSharp.Tool;

/// <summary><c>kleidi bench</c>: how fast the multiplications of a model are here.</summary>
internal sealed class BenchCommand : ToolCommand
{
    private readonly Option<int[]> rows = RowsOption();
    private readonly Option<bool> quick = new("--quick")
    {
        Description = "A few seconds instead of a minute or two, and as much less exact.",
    };
    private readonly Option<int> group = CommonOptions.Group();
    private readonly Option<int?> threads = CommonOptions.Threads();
    private readonly Option<KernelTiers> disable = CommonOptions.Disable();
    private readonly Option<bool> json = CommonOptions.Json();

    public BenchCommand()
        : base(
            "bench",
            "Measures int4 against f32 multiplications, turn by turn, in the layer shapes of Llama-3.2-1B with "
            + "generated weights: time, rate, size, error, and what they add up to for the model.",
            "kleidi bench                     # one row (generating text) and 128 rows (reading a prompt)",
            "kleidi bench --rows 1,16,64      # other numbers of rows",
            "kleidi bench --threads 1 --json  # one thread, for a program to read",
            "kleidi bench --disable avx512vnni --quick   # what the next best kernels would do")
    {
        Options.Add(rows);
        Options.Add(group);
        Options.Add(quick);
        Options.Add(threads);
        Options.Add(disable);
        Options.Add(json);
    }

    protected override int Run(ParseResult arguments, ToolConsole console)
    {
        using ComputeContext compute =
            CommonOptions.OpenCompute(arguments.GetValue(threads), arguments.GetValue(disable), console);
        BenchReport report;
        using (var progress = new ProgressLine(console, "bench"))
        {
            var bench = new ModelBench(compute, arguments.GetValue(group), arguments.GetValue(quick));
            report = bench.Run(arguments.GetValue(rows)!, progress.Report);
        }

        if (arguments.GetValue(json))
        {
            console.WriteJson(report, ToolJson.Default.BenchReport);
        }
        else
        {
            BenchText.Write(report, console.Out);
        }

        return CommandLine.Success;
    }

    private static Option<int[]> RowsOption()
    {
        var option = new Option<int[]>("--rows")
        {
            Description = "Rows of activations (m) to measure with, separated by commas: 1 is generating text, "
                + "many are reading a prompt.",
            HelpName = "m,m,…",
            DefaultValueFactory = _ => [1, 128],
            CustomParser = result =>
            {
                var rows = new List<int>();
                foreach (string text in result.Tokens.SelectMany(token => token.Value.Split(',')))
                {
                    if (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int m)
                        || m is < 1 or > 4096)
                    {
                        result.AddError(
                            $"Option '--rows' takes numbers from 1 to 4096, separated by commas, not '{text}'.");
                        return [];
                    }

                    rows.Add(m);
                }

                return [.. rows.Distinct()];
            },
        };
        return option;
    }
}
