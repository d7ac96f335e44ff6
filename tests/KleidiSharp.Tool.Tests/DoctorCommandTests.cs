// SPDX-License-Identifier: Apache-2.0
using System.Runtime.InteropServices;
using System.Text.Json;
using KleidiSharp.Tool.Doctor;

namespace KleidiSharp.Tool.Tests;

public class DoctorCommandTests
{
    // Without the native library everything works in C#, which the doctor calls a problem.
    private static readonly bool HasLibrary = NativeLibraryInfo.Current.Failure is null;

    // With vectors of 256 bits, and with SME.
    private static readonly string[] s_cpus = ["neoverse-v1", "max"];

    public static TheoryData<WeightKind> Kinds { get; } = new(Enum.GetValues<WeightKind>());

    [Fact]
    public void Json_has_every_kernel_and_a_passed_test_of_every_usable_one()
    {
        var run = ToolRun.Of("doctor", "--json");

        Assert.Equal(HasLibrary ? CommandLine.Success : CommandLine.Failure, run.ExitCode);
        JsonElement json = run.Json();
        Assert.Equal(HasLibrary, json.GetProperty("ok").GetBoolean());
        Assert.Equal(HasLibrary ? 0 : 1, json.GetProperty("problems").GetArrayLength());
        Assert.Equal(
            KernelCatalog.All.Select(kernel => kernel.Name),
            json.GetProperty("kernels").EnumerateArray().Select(kernel => kernel.GetProperty("name").GetString()));
        JsonElement[] tests = [.. json.GetProperty("selfTest").EnumerateArray()];
        Assert.Equal(
            KernelCatalog.All.Where(kernel => kernel.IsUsable).Select(kernel => kernel.Name),
            tests.Select(test => test.GetProperty("kernel").GetString()));
        Assert.All(
            tests, test => Assert.True(test.GetProperty("ok").GetBoolean(), test.GetProperty("failure").GetString()));
        Assert.All(tests, test => Assert.InRange(test.GetProperty("casesPassed").GetInt32(), 5, 100));
        Assert.All(
            json.GetProperty("layouts").EnumerateArray(), layout => Assert.True(layout.GetProperty("ok").GetBoolean()));
        Assert.Equal(
            KernelCatalog.All.Where(kernel => kernel.IsSupported).Select(kernel => kernel.Layout.ToString()).Distinct().Order(),
            json.GetProperty("layouts").EnumerateArray().Select(layout => layout.GetProperty("name").GetString()).Order());
        Assert.Equal(HasLibrary, json.GetProperty("library").GetProperty("loaded").GetBoolean());
    }

    [Fact]
    public void A_kernel_is_chosen_or_says_why_not()
    {
        JsonElement[] kernels = [.. ToolRun.Of("doctor", "--json").Json().GetProperty("kernels").EnumerateArray()];

        Assert.All(kernels, kernel => Assert.NotEqual(
            kernel.GetProperty("chosenFor").GetArrayLength() > 0,
            kernel.GetProperty("whyNot").GetString() is { Length: > 0 }));
        Assert.Equal(
            Enum.GetValues<WeightKind>().Select(WeightFormat.NameOf).Order(),
            kernels.Where(kernel => kernel.GetProperty("chosenFor").GetArrayLength() > 0)
                .Select(kernel => kernel.GetProperty("format").GetString()!).Distinct().Order());
    }

    [Fact]
    public void Text_names_the_machine_the_library_and_every_kernel()
    {
        string output = ToolRun.Of("doctor").Output;

        Assert.Contains(RuntimeInformation.RuntimeIdentifier, output, StringComparison.Ordinal);
        Assert.Contains(NativeLibraryInfo.CLibrary, output, StringComparison.Ordinal);
        Assert.Contains(HasLibrary ? "All is well." : "1 problem.", output, StringComparison.Ordinal);
        Assert.All(KernelCatalog.All, kernel => Assert.Contains(kernel.Name, output, StringComparison.Ordinal));
    }

    [Fact]
    public void With_tiers_switched_off_others_are_chosen_and_the_report_says_so()
    {
        KernelInfo best = KernelCatalog.All.First(kernel => kernel.IsUsable);
        string tier = best.Tier.ToString().ToLowerInvariant();

        JsonElement json = ToolRun.Of("doctor", "--disable", tier, "--json").Json();

        JsonElement kernel = json.GetProperty("kernels").EnumerateArray()
            .Single(kernel => kernel.GetProperty("name").GetString() == best.Name);
        Assert.False(kernel.GetProperty("enabled").GetBoolean());
        Assert.Equal("switched off", kernel.GetProperty("whyNot").GetString());
        Assert.Contains(
            tier, json.GetProperty("remarks").EnumerateArray().Single().GetString(), StringComparison.Ordinal);
        Assert.DoesNotContain(best.Name, json.GetProperty("selfTest").EnumerateArray()
            .Select(test => test.GetProperty("kernel").GetString()));
    }

    [Fact]
    public void With_no_kernel_left_it_fails_and_says_what_to_do()
    {
        var run = ToolRun.Of("doctor", "--disable", string.Join(',', Enum.GetNames<KernelTiers>().Skip(1)));

        Assert.Equal(CommandLine.Failure, run.ExitCode);
        Assert.Contains("No kernel is left for int4 weights", run.Output, StringComparison.Ordinal);
        Assert.Contains("No kernel is left for f32 weights", run.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("All is well", run.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("no-such-program --serve")]
    [InlineData("false")]
    public void A_device_that_does_not_start_is_named(string command)
    {
        var run = ToolRun.Of("doctor", "--device", command);

        Assert.Equal(CommandLine.Failure, run.ExitCode);
        Assert.Equal("", run.Output);
        Assert.StartsWith("kleidi: ", run.Error, StringComparison.Ordinal);
        Assert.Contains(command.Split(' ')[0], run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void The_self_test_sees_results_that_differ(WeightKind kind)
    {
        var test = new SelfTestCase(Rows: 3, OutFeatures: 9, InFeatures: 64, Group: 32, Bias: true, Clamp.None);
        using PackedWeights right = test.Pack(kind, ComputeContext.Default);
        using PackedWeights wrong = (test with { Bias = false }).Pack(kind, ComputeContext.Default);

        test.Check(right);
        Assert.Throws<ParityException>(() => test.Check(wrong));
    }

    [Fact]
    public void A_kernel_that_cannot_run_fails_its_self_test()
    {
        KernelInfo usable = KernelCatalog.All.First(kernel => kernel.IsUsable && kernel.MinRows == 1);
        var right = new SelfTest(name => new ComputeContext(new ComputeOptions { Kernel = name }));
        var off = new SelfTest(
            name => new ComputeContext(new ComputeOptions { Kernel = name, DisabledTiers = usable.Tier }));

        Assert.True(right.Run(usable).Ok);
        SelfTestReport report = off.Run(usable);

        Assert.False(report.Ok);
        Assert.Equal(0, report.CasesPassed);
        Assert.Contains("m = 1, n = 1, k = 32", report.Failure, StringComparison.Ordinal);
    }

    [SkippableFact]
    public void Every_layout_of_KleidiAI_is_compared_with_it_on_a_processor_that_has_its_kernels()
    {
        JsonElement[] reports =
        [
            .. s_cpus.Select(cpu =>
                ToolRun.Of("doctor", "--enable", "sme,sme2", "--device", EmulatedCpu.Command(cpu), "--json").Json()),
        ];

        Assert.All(reports, report => Assert.Empty(report.GetProperty("problems").EnumerateArray()));
        string[] compared =
        [
            .. reports.SelectMany(report => report.GetProperty("layouts").EnumerateArray())
                .Where(layout => layout.GetProperty("isKleidiAI").GetBoolean())
                .Select(layout => layout.GetProperty("name").GetString()!).Distinct().Order(),
        ];
        Assert.Equal(
            reports[0].GetProperty("kernels").EnumerateArray()
                .Where(kernel => kernel.GetProperty("origin").GetString() == "KleidiAI")
                .Select(kernel => kernel.GetProperty("layout").GetString()!).Distinct().Order(),
            compared);
        string[] tested =
        [
            .. reports.SelectMany(report => report.GetProperty("selfTest").EnumerateArray())
                .Select(test => test.GetProperty("kernel").GetString()!).Distinct().Order(),
        ];
        Assert.Equal(
            reports[0].GetProperty("kernels").EnumerateArray()
                .Where(kernel => kernel.GetProperty("compiled").GetBoolean() && kernel.GetProperty("exact").GetBoolean())
                .Select(kernel => kernel.GetProperty("name").GetString()!).Order(),
            tested);
    }
}
