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
    private readonly Option<IReadOnlyList<LayerShape>?> shapes = ShapesOption();
    private readonly Option<LayerPeer[]> against = CommonOptions.Against(
        "A command that measures another library, run in turn with ours, once per round, layer and m. {m}, {k}, {n}, {threads} "
        + "and {bytes} (of weights to rotate through) are replaced in it; the last line of its output must end with the median "
        + "microseconds of one multiplication, or be a JSON object with them as \"us\". May be given several times.",
        command => new LayerPeer(command));
    private readonly Option<int> group = CommonOptions.Group();
    private readonly Option<int?> threads = CommonOptions.Threads();
    private readonly Option<KernelTiers> disable = CommonOptions.Disable();
    private readonly Option<string?> plot = PlotOption();
    private readonly Option<bool> json = CommonOptions.Json();

    public BenchCommand()
        : base(
            "bench",
            "Measures int4 against f32 multiplications, turn by turn, in the layer shapes of Llama-3.2-1B with "
            + "generated weights: time, rate, size, error, and what they add up to for the model.",
            "kleidi bench                     # one row (generating text) and 128 rows (reading a prompt)",
            "kleidi bench --rows 1,16,64      # other numbers of rows",
            "kleidi bench --threads 1 --json  # one thread, for a program to read",
            "kleidi bench --disable avx512vnni --quick   # what the next best kernels would do",
            "kleidi bench --plot roofline.svg # and each layer as a point below what the machine can do",
            "kleidi bench --shapes 4096x11008 --against 'build/peers/ggml.sh {m} {k} {n} {threads} {bytes}'")
    {
        Options.Add(rows);
        Options.Add(shapes);
        Options.Add(against);
        Options.Add(group);
        Options.Add(quick);
        Options.Add(threads);
        Options.Add(disable);
        Options.Add(plot);
        Options.Add(json);
    }

    protected override int Run(ParseResult arguments, ToolConsole console)
    {
        using ComputeContext compute =
            CommonOptions.OpenCompute(arguments.GetValue(threads), arguments.GetValue(disable), console);
        BenchReport report;
        using (var progress = new ProgressLine(console, "bench"))
        {
            var plan = new BenchPlan(
                arguments.GetValue(rows)!,
                arguments.GetValue(group),
                arguments.GetValue(quick),
                arguments.GetValue(shapes),
                arguments.GetValue(against) ?? []);
            report = new ModelBench(compute, plan).Run(progress.Report);
        }

        if (arguments.GetValue(plot) is string file)
        {
            using FileStream svg = File.Create(file);
            RooflinePlot.Write(report, svg);
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

    private static Option<IReadOnlyList<LayerShape>?> ShapesOption() => new("--shapes")
    {
        Description = "Matrices to measure with, as in-features x out-features and separated by commas, for instance "
            + "2048x8192; 'peers' is 2048x2048, 2048x8192, 8192x2048, 4096x4096 and 4096x11008. Default: the layers of "
            + "Llama-3.2-1B.",
        HelpName = "kxn,kxn,…",
        CustomParser = result =>
        {
            var shapes = new List<LayerShape>();
            foreach (string text in result.Tokens.SelectMany(token => token.Value.Split(',')))
            {
                if (text == "peers")
                {
                    shapes.AddRange(LayerShape.Peers);
                }
                else if (ParseShape(text) is LayerShape shape)
                {
                    shapes.Add(shape);
                }
                else
                {
                    result.AddError("Option '--shapes' takes kxn with k a multiple of 32 and k and n from 32 to 131072 and "
                        + $"together at most 2^30, separated by commas, or peers, not '{text}'.");
                    return null;
                }
            }

            return [.. shapes.Distinct()];
        },
    };

    private static LayerShape? ParseShape(string text) =>
        text.Split('x') is [string k, string n] && Size(k) is int inFeatures and > 0 && inFeatures % 32 == 0
        && Size(n) is int outFeatures and > 0 && (long)inFeatures * outFeatures <= 1 << 30
            ? LayerShape.Of(inFeatures, outFeatures)
            : null;

    private static int Size(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int size) && size is >= 32 and <= 131072
            ? size
            : 0;

    private static Option<string?> PlotOption() => new("--plot")
    {
        Description = "Draw a roofline in this file (SVG): every layer and m as a point below the bandwidth and the peaks "
            + "that were measured.",
        HelpName = "file.svg",
        CustomParser = result => CommonOptions.Parse<string>(
            result,
            "the name of an .svg file in a folder that is there",
            file => file.EndsWith(".svg", StringComparison.OrdinalIgnoreCase)
                && Directory.Exists(Path.GetDirectoryName(Path.GetFullPath(file)))),
    };
}
