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
        Assert.All(["int4", "f32"], format => Assert.Contains(
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
                kernel.GetProperty("tier").GetString() != tier, kernel.GetProperty("enabled").GetBoolean()));
            string[] chosen = [.. kernels.Where(kernel => kernel.GetProperty("chosenFor").GetArrayLength() > 0)
                .Select(kernel => kernel.GetProperty("format").GetString()!).Distinct()];
            Assert.Equal(usable.Length > 1 ? 2 : 0, chosen.Length);
        }
    }

    [Fact]
    public void Text_has_a_state_for_every_format_and_tier()
    {
        var run = ToolRun.Of("info");

        Assert.Equal(CommandLine.Success, run.ExitCode);
        Assert.All(KernelCatalog.All, kernel => Assert.Contains(kernel.Name, run.Output, StringComparison.Ordinal));
        Assert.All(KernelCatalog.All, kernel => Assert.Contains(kernel.Note, run.Output, StringComparison.Ordinal));
        string[] states = [.. run.Output.Split('\n').Where(line => line.StartsWith("  int4", StringComparison.Ordinal)
            || line.StartsWith("  f32", StringComparison.Ordinal)).Take(2)];
        Assert.All(states, line => Assert.Contains("chosen", line, StringComparison.Ordinal));
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
        var run = ToolRun.Of("info", "--device", EmulatedCpu.Command("cortex-a53"), "--json");

        Assert.Equal(CommandLine.Success, run.ExitCode);
        JsonElement[] kernels = [.. run.Json().GetProperty("kernels").EnumerateArray()];
        Assert.All(kernels, kernel => Assert.Equal(
            kernel.GetProperty("tier").GetString() is "neon" or "portable",
            kernel.GetProperty("supported").GetBoolean()));
        Assert.All(
            kernels.Where(kernel => kernel.GetProperty("tier").GetString() == "neon"),
            kernel => Assert.NotEqual(0, kernel.GetProperty("chosenFor").GetArrayLength()));
    }
}
