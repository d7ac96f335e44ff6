// SPDX-License-Identifier: Apache-2.0
using System.Text.Json;

namespace KleidiSharp.Tool.Tests;

public class InfoCommandTests
{
    [Fact]
    public void Json_is_the_kernel_table_with_what_is_chosen()
    {
        var run = ToolRun.Of("info", "--json");

        Assert.Equal(CommandLine.Success, run.ExitCode);
        JsonElement[] kernels = [.. run.Json().GetProperty("kernels").EnumerateArray()];
        Assert.Equal(
            KernelCatalog.All.Select(kernel => (kernel.Name, kernel.Note, kernel.IsCompiled, kernel.IsSupported)),
            kernels.Select(kernel => (
                kernel.GetProperty("name").GetString()!,
                kernel.GetProperty("note").GetString()!,
                kernel.GetProperty("compiled").GetBoolean(),
                kernel.GetProperty("supported").GetBoolean())));
        Assert.All(Enum.GetValues<WeightKind>().Select(WeightFormat.NameOf), format => Assert.Contains(
            kernels,
            kernel => kernel.GetProperty("format").GetString() == format
                && kernel.GetProperty("chosenFor").GetArrayLength() > 0));
    }

    [Fact]
    public void Each_tier_can_be_switched_off_alone_and_another_takes_over()
    {
        KernelTiers[] usable =
            [.. KernelCatalog.All.Where(kernel => kernel.IsUsable).Select(kernel => kernel.Tier).Distinct()];
        foreach (string tier in usable.Select(tier => tier.ToString().ToLowerInvariant()))
        {
            JsonElement[] kernels =
                [.. ToolRun.Of("info", "--disable", tier, "--json").Json().GetProperty("kernels").EnumerateArray()];

            Assert.All(kernels, kernel => Assert.Equal(
                kernel.GetProperty("tier").GetString() != tier && !kernel.GetProperty("onRequest").GetBoolean(),
                kernel.GetProperty("enabled").GetBoolean()));
            string[] chosen = [.. kernels.Where(kernel => kernel.GetProperty("chosenFor").GetArrayLength() > 0)
                .Select(kernel => kernel.GetProperty("format").GetString()!).Distinct()];
            Assert.Equal(usable.Length > 1 ? Enum.GetValues<WeightKind>().Length : 0, chosen.Length);
        }
    }

    [Fact]
    public void Tiers_on_request_are_enabled_by_name()
    {
        JsonElement[] kernels =
            [.. ToolRun.Of("info", "--enable", "sme2", "--json").Json().GetProperty("kernels").EnumerateArray()];

        Assert.All(
            kernels.Where(kernel => kernel.GetProperty("onRequest").GetBoolean()),
            kernel => Assert.Equal(
                kernel.GetProperty("tier").GetString() == "sme2", kernel.GetProperty("enabled").GetBoolean()));
    }

    [Fact]
    public void Text_has_a_state_for_every_format_and_tier_of_this_architecture()
    {
        var run = ToolRun.Of("info");

        Assert.Equal(CommandLine.Success, run.ExitCode);
        string failure = NativeLibraryInfo.Current.Failure ?? string.Empty;
        Assert.Contains(failure, run.Output, StringComparison.Ordinal);
        string[] lines = run.Output.Split('\n');
        Assert.All(lines.Except(failure.Split('\n')), line => Assert.InRange(line.Length, 0, 160));
        Assert.All(
            KernelCatalog.All.Where(kernel => kernel.IsSupported),
            kernel => Assert.Contains(kernel.Name, run.Output, StringComparison.Ordinal));
        foreach (WeightKind kind in Enum.GetValues<WeightKind>())
        {
            string row = lines.First(line => line.StartsWith($"  {WeightFormat.NameOf(kind)} ", StringComparison.Ordinal));
            Assert.Contains("chosen", row, StringComparison.Ordinal);
        }

        string[] shown = [.. lines.First(line => line.StartsWith("  format", StringComparison.Ordinal))
            .Split(' ', StringSplitOptions.RemoveEmptyEntries).Skip(1)];
        Assert.Equal(
            Tiers(KernelCatalog.All.Where(kernel => kernel.IsCompiled)).Order(), shown.Order());
    }

    [Fact]
    public void Other_architectures_are_shown_on_demand_and_so_are_reasons()
    {
        string output = ToolRun.Of("info", "--all", "--why").Output;

        Assert.All(KernelCatalog.All, kernel => Assert.Contains(kernel.Name, output, StringComparison.Ordinal));
        Assert.All(KernelCatalog.All, kernel => Assert.Contains(kernel.Note, output, StringComparison.Ordinal));
        Assert.DoesNotContain(
            KernelCatalog.All[0].Note, ToolRun.Of("info", "--all").Output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_device_that_does_not_start_is_named() =>
        Assert.Contains(
            "no-such-program",
            ToolRun.Of("info", "--device", "no-such-program").FailureLine(),
            StringComparison.Ordinal);

    [SkippableFact]
    public void The_kernels_of_an_emulated_processor_are_its_own()
    {
        string device = EmulatedCpu.Command("cortex-a53");

        var run = ToolRun.Of("info", "--device", device, "--json");

        Assert.Equal(CommandLine.Success, run.ExitCode);
        JsonElement[] kernels = [.. run.Json().GetProperty("kernels").EnumerateArray()];
        Assert.All(kernels, kernel => Assert.Equal(
            kernel.GetProperty("tier").GetString() == "portable"
                || (kernel.GetProperty("tier").GetString() == "neon" && kernel.GetProperty("exact").GetBoolean()),
            kernel.GetProperty("supported").GetBoolean()));
        Assert.All(Enum.GetValues<WeightKind>().Select(WeightFormat.NameOf), format => Assert.Contains(
            kernels,
            kernel => kernel.GetProperty("format").GetString() == format
                && kernel.GetProperty("tier").GetString() == "neon"
                && kernel.GetProperty("chosenFor").GetArrayLength() > 0));
        Assert.Contains(
            "  format           portable  neon    dotprod  i8mm     sve      sme      sme2",
            ToolRun.Of("info", "--device", device).Output,
            StringComparison.Ordinal);
    }

    [SkippableFact]
    public void A_tier_on_request_is_off_enabled_or_switched_off()
    {
        string device = EmulatedCpu.Command("max");

        Assert.Equal("request", Sme2());
        Assert.Equal("chosen", Sme2("--enable", "sme2"));
        Assert.Equal("off", Sme2("--enable", "sme2", "--disable", "sme2"));

        string Sme2(params string[] options) => ToolRun.Of(["info", "--device", device, .. options]).Output.Split('\n')
            .First(line => line.StartsWith("  int4 ", StringComparison.Ordinal))
            .Split(' ', StringSplitOptions.RemoveEmptyEntries)[^1];
    }

    private static IEnumerable<string> Tiers(IEnumerable<KernelInfo> kernels) =>
        kernels.Select(kernel => kernel.Tier.ToString().ToLowerInvariant()).Distinct();
}
