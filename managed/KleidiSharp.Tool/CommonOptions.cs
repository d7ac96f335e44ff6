// SPDX-License-Identifier: Apache-2.0
using System.CommandLine;

namespace KleidiSharp.Tool;

/// <summary>Options that several commands take. Each call makes a new one: an option belongs to one command.</summary>
internal static class CommonOptions
{
    private static readonly KernelTiers[] Tiers = [.. Enum.GetValues<KernelTiers>().Where(tier => tier != KernelTiers.None)];

    public static Option<bool> Json() => new("--json")
    {
        Description = "Write one JSON document instead of text to standard output.",
    };

    public static Option<int?> Threads()
    {
        var option = new Option<int?>("--threads")
        {
            Description = "Threads that share each multiplication. Default: as many as this process may use.",
            HelpName = "n",
        };
        option.RequireAtLeast(1);
        return option;
    }

    public static Option<KernelTiers> Disable() => new("--disable")
    {
        Description = "Kernel tiers not to use, separated by commas, for instance avx512vnni,avx2. "
            + "The environment variable KLEIDISHARP_DISABLE does the same.",
        HelpName = "tier,tier,…",
        CustomParser = result =>
        {
            KernelTiers tiers = KernelTiers.None;
            foreach (string name in result.Tokens.SelectMany(token => token.Value.Split(',')))
            {
                KernelTiers tier = Tiers.FirstOrDefault(tier => name.Equals(tier.ToString(), StringComparison.OrdinalIgnoreCase));
                if (tier == KernelTiers.None)
                {
                    result.AddError($"Option '--disable': '{name}' is not a kernel tier; there are {string.Join(", ", Tiers).ToLowerInvariant()}.");
                    return KernelTiers.None;
                }

                tiers |= tier;
            }

            return tiers;
        },
    };

    public static Option<string> Weights()
    {
        var option = new Option<string>("--weights")
        {
            Description = "What the weights are turned into when loaded: int4 (groups with one scale each) or f32.",
            HelpName = "int4|f32",
            DefaultValueFactory = _ => "int4",
        };
        option.AcceptOnlyFromAmong("int4", "f32");
        return option;
    }

    public static Option<int> Group()
    {
        var option = new Option<int>("--group")
        {
            Description = "Values per group of int4 weights: a multiple of 32. Fewer is more exact, more is smaller.",
            HelpName = "n",
            DefaultValueFactory = _ => 32,
        };
        option.Validators.Add(result =>
        {
            int group = result.GetValueOrDefault<int>();
            if (group is < 32 or > 16384 || group % 32 != 0)
            {
                result.AddError($"Option '--group' must be a multiple of 32 from 32 to 16384, not {group}.");
            }
        });
        return option;
    }

    /// <summary>What <see cref="Weights"/> and <see cref="Group"/> ask for.</summary>
    public static WeightFormat Format(string weights, int group) => weights == "f32" ? WeightFormat.Float32 : WeightFormat.Int4Group(group);

    public static Argument<string> Model() => new("model")
    {
        Description = "A GGUF file (version 3) of a Llama model with F32, F16, BF16, Q8_0 or Q4_0 weights.",
        HelpName = "MODEL.gguf",
    };

    /// <summary>Refuses numbers below <paramref name="least"/>.</summary>
    public static void RequireAtLeast(this Option<int?> option, int least) => option.Validators.Add(result =>
    {
        if (result.GetValueOrDefault<int?>() is int value && value < least)
        {
            result.AddError($"Option '{option.Name}' must be at least {least}, not {value}.");
        }
    });
}
