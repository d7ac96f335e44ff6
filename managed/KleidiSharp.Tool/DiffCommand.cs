// SPDX-License-Identifier: Apache-2.0
using System.CommandLine;
using System.CommandLine.Parsing;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using KleidiSharp.Tool.Diff;
using KleidiSharp.Tool.Doctor;

namespace KleidiSharp.Tool;

/// <summary><c>kleidi diff</c>: two implementations, bit by bit, over drawn cases.</summary>
internal sealed class DiffCommand : ToolCommand
{
    private const string CpuPlace = "{cpu}";
    private const string AllFamilies = "all";

    private readonly Option<string> left = Side(
        "--left",
        "What is taken to be right, on this machine: reference (the specification in C#)",
        ImplementationNames.Reference,
        [.. ImplementationNames.Known.Where(name => name != ImplementationNames.All)]);
    private readonly Option<string> right = Side(
        "--right",
        "What is judged: all (every kernel that can run), reference",
        ImplementationNames.All,
        ImplementationNames.Known);
    private readonly Option<string?> device = new("--device")
    {
        Description = "A command that starts kleidi-device on another processor; the right side runs there. "
            + $"{CpuPlace} in it stands for each of --cpus.",
        HelpName = "command",
    };
    private readonly Option<string[]> cpus = new("--cpus")
    {
        Description =
            $"Processors, separated by semicolons, that take the place of {CpuPlace} in --device, one after the other.",
        HelpName = "cpu;cpu;…",
        CustomParser = result => result.Tokens[0].Value.Split(
            ';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries),
    };
    private readonly Option<int> seed = new("--seed")
    {
        Description = "What cases are drawn from: the same seed gives the same cases, on every machine.",
        HelpName = "n",
        DefaultValueFactory = _ => 1,
        CustomParser = result => CommonOptions.Parse<int>(result, "a whole number", _ => true),
    };
    private readonly Option<int> cases = new("--cases")
    {
        Description = "Cases of each format.",
        HelpName = "n",
        DefaultValueFactory = _ => 1000,
        CustomParser = result => CommonOptions.Parse<int>(result, "a whole number of at least 1", n => n >= 1),
    };
    private readonly Option<string> family = new("--family")
    {
        Description = "The weight format: one, or all.",
        HelpName = string.Join('|', Families.Append(AllFamilies)),
        DefaultValueFactory = _ => AllFamilies,
        CustomParser = result => CommonOptions.Parse<string>(
            result,
            $"{string.Join(", ", Families)} or {AllFamilies}",
            name => name is AllFamilies || Families.Contains(name)),
    };
    private readonly Option<(int Seed, int Index)?> one = new("--case")
    {
        Description = "Runs one case only, as a failure names it.",
        HelpName = "seed:index",
        CustomParser = ParseCase,
    };
    private readonly Option<bool> json = CommonOptions.Json();
    private readonly Option<string?> reportFile = new("--report")
    {
        Description = "Writes the JSON document to a file as well.",
        HelpName = "file.json",
    };

    private readonly Func<string, string, string?, Comparison> open;

    public DiffCommand()
        : this(Comparison.Open)
    {
    }

    /// <param name="open">Opens what --left, --right and --device name.</param>
    internal DiffCommand(Func<string, string, string?, Comparison> open)
        : base(
            "diff",
            "Draws multiplications from a seed, runs them on two implementations and compares the results bit for bit. "
            + "The first failure of each kernel is shrunk to the smallest case that still fails. Exit code 1 where a "
            + "bit differs.",
            "kleidi diff --seed 1 --cases 10000",
            "kleidi diff --right avx2 --family int4 --case 1:17  # one case with one tier",
            "kleidi diff --left managed --right native",
            "kleidi diff --device \"ssh board kleidi-device\" --report board.json",
            "kleidi diff --device \"qemu-aarch64 -cpu {cpu} kleidi-device\" --cpus \"cortex-a53;max,sme=off\"")
    {
        Option[] options = [left, right, device, cpus, seed, cases, family, one, json, reportFile];
        foreach (Option option in options)
        {
            Options.Add(option);
        }

        this.open = open;
        Validators.Add(result =>
        {
            bool several = result.GetValue(cpus) is { Length: > 0 };
            if (several != result.GetValue(device)?.Contains(CpuPlace, StringComparison.Ordinal) is true)
            {
                result.AddError($"Option '--cpus' needs a '--device' with {CpuPlace} in it, and the other way round.");
            }
        });
    }

    private static string[] Families { get; } = [.. Enum.GetValues<WeightKind>().Select(KernelTable.Format)];

    protected override int Run(ParseResult arguments, ToolConsole console)
    {
        string leftName = arguments.GetValue(left)!;
        string rightName = arguments.GetValue(right)!;
        (int Seed, int Index)? single = arguments.GetValue(one);
        string wanted = arguments.GetValue(family)!;
        var plan = new DiffPlan(
            [.. Enum.GetValues<WeightKind>()
                .Where(kind => wanted is AllFamilies || KernelTable.Format(kind) == wanted)],
            single?.Seed ?? arguments.GetValue(seed),
            single?.Index ?? 0,
            single is null ? arguments.GetValue(cases) : 1);
        long start = Stopwatch.GetTimestamp();
        HostReport[] hosts =
            [.. Devices(arguments).Select(command => RunOn(command, leftName, rightName, plan, console))];
        using var here = new ComputeContext(new ComputeOptions { Threads = 1 });
        var report = new DiffReport(
            hosts.All(host => host.Failures.Count == 0),
            MachineReport.Here(here),
            plan.Seed,
            plan.First,
            plan.Cases,
            leftName,
            rightName,
            hosts,
            Stopwatch.GetElapsedTime(start).TotalSeconds);
        if (arguments.GetValue(json))
        {
            console.WriteJson(report, ToolJson.Default.DiffReport);
        }
        else
        {
            DiffText.Write(report, console.Out);
        }

        // After the results are shown: a path that cannot be written must not lose them.
        if (arguments.GetValue(reportFile) is { } path)
        {
            File.WriteAllText(path, JsonSerializer.Serialize(report, ToolJson.Default.DiffReport));
        }

        return report.Ok ? CommandLine.Success : CommandLine.Failure;
    }

    private string?[] Devices(ParseResult arguments)
    {
        string? command = arguments.GetValue(device);
        return arguments.GetValue(cpus) is { Length: > 0 } names
            ? [.. names.Select(name => command!.Replace(CpuPlace, name, StringComparison.Ordinal))]
            : [command];
    }

    private HostReport RunOn(
        string? command, string leftName, string rightName, DiffPlan plan, ToolConsole console)
    {
        using var progress = new ProgressLine(console, command ?? "diff");
        string quote = command?.Contains('"', StringComparison.Ordinal) is true ? "'" : "\"";
        string onDevice = command is null ? "" : $" --device {quote}{command}{quote}";
        var run = new DiffRun(
            () => open(leftName, rightName, command),
            plan,
            (kernel, index) => $"kleidi diff --left {leftName} --right {kernel.Tier} "
                + $"--family {KernelTable.Format(kernel.Kind)} --case {plan.Seed}:{index}{onDevice}");
        return run.Run(command ?? "this machine", progress.Report);
    }

    private static Option<string> Side(
        string name, string description, string standard, IReadOnlyList<string> names) => new(name)
    {
        Description = $"{description}, managed (the C# path), native (the kernels that are chosen) or a tier.",
        HelpName = string.Join('|', names),
        DefaultValueFactory = _ => standard,
        CustomParser = result => CommonOptions.Parse<string>(
            result, $"one of {string.Join(", ", names)}", names.Contains),
    };

    private static (int Seed, int Index)? ParseCase(ArgumentResult result)
    {
        string text = result.Tokens[0].Value;
        string[] parts = text.Split(':');
        if (parts.Length == 2 && Number(parts[0], out int seed) && Number(parts[1], out int index) && index >= 0)
        {
            return (seed, index);
        }

        result.AddError($"Option '--case' takes a seed and an index, for instance 1:17, not '{text}'.");
        return null;

        static bool Number(string part, out int value) =>
            int.TryParse(part, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out value);
    }
}
