// SPDX-License-Identifier: Apache-2.0
using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using KleidiSharp.Tool.Bench;
using KleidiSharp.Tool.Doctor;

namespace KleidiSharp.Tool;

/// <summary>Options that several commands take. Each call makes a new one: an option belongs to one command.</summary>
internal static class CommonOptions
{
    private static readonly KernelTiers[] Tiers =
        [.. Enum.GetValues<KernelTiers>().Where(tier => tier != KernelTiers.None)];

    public static Option<bool> Json() => new("--json")
    {
        Description = "Write one JSON document instead of text to standard output.",
    };

    public static Option<int?> Threads() => new("--threads")
    {
        Description = "Threads that share each multiplication. Default: as many as this process may use.",
        HelpName = "n",
        CustomParser = result => Parse<int>(result, "a whole number of at least 1", n => n >= 1),
    };

    public static Option<KernelTiers> Disable() => Tier(
        "--disable",
        "Kernel tiers not to use, separated by commas, for instance avx512vnni,avx2. The environment variable "
        + "KLEIDISHARP_DISABLE does the same.");

    public static Option<KernelTiers> Enable() => Tier(
        "--enable",
        "Kernel tiers to use that are off unless asked for: sme,sme2. The environment variable KLEIDISHARP_ENABLE does "
        + "the same.");

    public static Option<string?> Device() => new("--device")
    {
        Description = "A command that starts kleidi-device on another processor; its kernels are examined instead of "
            + "this machine's.",
        HelpName = "command",
    };

    private static Dictionary<string, WeightKind> FormatNames { get; } = Enum.GetValues<WeightKind>().ToDictionary(KernelTable.Format);

    private static string WeightsDescription { get; } = "What the weights are turned into when loaded. int4 and "
        + "int4-asymmetric have groups (--group); with q4_0, tensors that the file stores so go in as they are.";

    public static Option<string> Weights() => new("--weights")
    {
        Description = WeightsDescription,
        HelpName = string.Join('|', FormatNames.Keys),
        DefaultValueFactory = _ => "int4",
        CustomParser = result => Parse<string>(result, $"one of {string.Join(", ", FormatNames.Keys)}", FormatNames.ContainsKey),
    };

    /// <summary><see cref="Weights"/> for a command that measures several formats.</summary>
    public static Option<string[]> SeveralWeights() => new("--weights")
    {
        Description = $"{WeightsDescription} Several are separated by commas: {string.Join(", ", FormatNames.Keys)}.",
        HelpName = "format,format,…",
        DefaultValueFactory = _ => ["int4"],
        CustomParser = result =>
        {
            string[] names = [.. result.Tokens.SelectMany(token => token.Value.Split(',')).Distinct()];
            if (names.FirstOrDefault(name => !FormatNames.ContainsKey(name)) is string wrong)
            {
                result.AddError(
                    $"Option '--weights' takes {string.Join(", ", FormatNames.Keys)}, separated by commas, not '{wrong}'.");
            }

            return names;
        },
    };

    /// <summary>Commands that measure other libraries.</summary>
    /// <param name="description">What the commands have to do.</param>
    /// <param name="create">Makes one from its text.</param>
    public static Option<T[]> Against<T>(string description, Func<string, T> create)
        where T : PeerCommand => new("--against")
        {
            Description = description,
            HelpName = "command",
            CustomParser = result =>
            {
                try
                {
                    return [.. result.Tokens.Select(token => create(token.Value))];
                }
                catch (ArgumentException e)
                {
                    result.AddError($"Option '--against': {CommandLine.Describe(e)}");
                    return [];
                }
            },
        };

    public static Option<int> Group() => new("--group")
    {
        Description = "Values per group of int4 weights: a multiple of 32. Fewer is more exact, more is smaller.",
        HelpName = "n",
        DefaultValueFactory = _ => 32,
        CustomParser = result =>
            Parse<int>(
                result, "a multiple of 32 from 32 to 16384", group => group is >= 32 and <= 16384 && group % 32 == 0),
    };

    public static Option<string?> PackedCache() => new("--packed-cache")
    {
        Description = "A folder that keeps packed weights: the first load of a model writes them there, later ones map them.",
        HelpName = "folder",
    };

    /// <summary>What <see cref="Weights"/> and <see cref="Group"/> ask for.</summary>
    public static WeightFormat Format(string weights, int group) => KernelTable.FormatOf(FormatNames[weights], group);

    public static Argument<string> Model() => new("model")
    {
        Description = "A GGUF file (version 2 or 3) of a Llama model with F32, F16, BF16, Q8_0 or Q4_0 weights.",
        HelpName = "MODEL.gguf",
    };

    /// <summary>
    /// Opens what <see cref="Threads"/> and <see cref="Disable"/> ask for; says so where there is only the slow path.
    /// </summary>
    public static ComputeContext OpenCompute(int? threads, KernelTiers disabled, ToolConsole console)
    {
        var compute = new ComputeContext(new ComputeOptions { Threads = threads, DisabledTiers = disabled });
        if (compute.Backend == ComputeBackend.Managed)
        {
            console.Error.WriteLine(
                "kleidi: no native library, so this runs in C#: the same bits, but slowly; 'kleidi doctor' says why");
        }

        return compute;
    }

    private static Option<KernelTiers> Tier(string name, string description) => new(name)
    {
        Description = description,
        HelpName = "tier,tier,…",
        CustomParser = result =>
        {
            KernelTiers tiers = KernelTiers.None;
            foreach (string word in result.Tokens.SelectMany(token => token.Value.Split(',')))
            {
                KernelTiers tier =
                    Tiers.FirstOrDefault(tier => word.Equals(tier.ToString(), StringComparison.OrdinalIgnoreCase));
                if (tier == KernelTiers.None)
                {
                    string known = string.Join(", ", Tiers).ToLowerInvariant();
                    result.AddError($"Option '{name}': '{word}' is not a kernel tier; there are {known}.");
                    return KernelTiers.None;
                }

                tiers |= tier;
            }

            return tiers;
        },
    };

    /// <summary>Reads the value of an option; where it is not what is expected, the error says so.</summary>
    /// <param name="result">The words of the option.</param>
    /// <param name="expected">What would be right, as it goes on after "takes".</param>
    /// <param name="isRight">Whether a value that could be read is right.</param>
    public static T Parse<T>(ArgumentResult result, string expected, Func<T, bool> isRight)
        where T : IParsable<T>
    {
        string text = result.Tokens[0].Value;
        if (T.TryParse(text, CultureInfo.InvariantCulture, out T? value) && isRight(value))
        {
            return value;
        }

        result.AddError($"Option '{((OptionResult)result.Parent!).Option.Name}' takes {expected}, not '{text}'.");
        return default!;
    }
}
