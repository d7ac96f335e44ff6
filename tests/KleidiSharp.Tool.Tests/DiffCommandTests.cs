// SPDX-License-Identifier: Apache-2.0
using System.CommandLine;
using System.Runtime.InteropServices;
using System.Text.Json;
using KleidiSharp.Tool.Diff;

namespace KleidiSharp.Tool.Tests;

public class DiffCommandTests
{
    private static readonly bool s_hasLibrary = NativeLibraryInfo.Current.Failure is null;

    [Fact]
    public void Json_counts_the_cases_of_every_usable_kernel_and_none_differs()
    {
        var run = ToolRun.Of("diff", "--seed", "3", "--cases", "20", "--json");

        Assert.Equal(CommandLine.Success, run.ExitCode);
        JsonElement json = run.Json();
        Assert.True(json.GetProperty("ok").GetBoolean());
        Assert.Equal(3, json.GetProperty("seed").GetInt32());
        JsonElement host = json.GetProperty("hosts").EnumerateArray().Single();
        Assert.Equal("this machine", host.GetProperty("name").GetString());
        Assert.Empty(host.GetProperty("failures").EnumerateArray());
        JsonElement[] kernels = [.. host.GetProperty("kernels").EnumerateArray()];
        string[] quantizers =
            [.. Enum.GetValues<WeightKind>().Where(kind => kind != WeightKind.Float32).Select(_ => "quantize")];
        Assert.Equal(
            KernelCatalog.All.Where(kernel => kernel.IsUsable).Select(kernel => kernel.Name).Concat(quantizers).Order(),
            kernels.Select(kernel => kernel.GetProperty("kernel").GetString()!).Order());
        Assert.All(kernels, kernel => Assert.InRange(kernel.GetProperty("cases").GetInt32(), 1, 20));
        Assert.All(kernels, kernel => Assert.Equal(0, kernel.GetProperty("differing").GetInt32()));
        Assert.All(kernels, kernel => Assert.Equal(0, kernel.GetProperty("maxUlp").GetInt64()));
        Assert.InRange(Sqnr("int4"), 10, 40);
        Assert.True(Sqnr("f16") > Sqnr("int8-channel"));
        Assert.True(Sqnr("int8-channel") > Sqnr("int4-channel"));
        Assert.True(Sqnr("int4-channel") > Sqnr("int2-channel"));

        double Sqnr(string format) => kernels
            .Single(kernel => kernel.GetProperty("kernel").GetString() == KernelCatalog.All
                .First(known => known.IsUsable && known.MinRows == 1 && WeightFormat.NameOf(known.Kind) == format).Name)
            .GetProperty("medianSqnrDecibels").GetDouble();
    }

    [Theory]
    [InlineData("f32")]
    [InlineData("int4")]
    [InlineData("int4-channel")]
    [InlineData("int8-channel")]
    [InlineData("int2-channel")]
    [InlineData("q4_0")]
    [InlineData("int4-asymmetric")]
    [InlineData("f16")]
    [InlineData("bf16")]
    public void Each_family_alone(string family)
    {
        var run = ToolRun.Of("diff", "--family", family, "--cases", "3", "--json");

        Assert.Equal(CommandLine.Success, run.ExitCode);
        Assert.All(
            run.Json().GetProperty("hosts")[0].GetProperty("kernels").EnumerateArray(),
            kernel => Assert.Equal(family, kernel.GetProperty("format").GetString()));
        Assert.Contains($" {family}", ToolRun.Of("diff", "--family", "int3").Error, StringComparison.Ordinal);
    }

    [Fact]
    public void One_case_with_one_tier_and_a_report_in_a_file()
    {
        using var file = new TemporaryFile([]);

        var run = ToolRun.Of("diff", "--case", "1:17", "--family", "f32", "--right", "native", "--report", file.Name);

        if (!s_hasLibrary)
        {
            Assert.Equal(CommandLine.Failure, run.ExitCode);
            Assert.StartsWith("kleidi: The native library", run.Error, StringComparison.Ordinal);
            return;
        }

        Assert.Equal(CommandLine.Success, run.ExitCode);
        Assert.Contains("case 17 of each format", run.Output, StringComparison.Ordinal);
        Assert.Contains("No bit differs.", run.Output, StringComparison.Ordinal);
        using JsonDocument report = JsonDocument.Parse(File.ReadAllText(file.Name));
        JsonElement[] kernels = [.. report.RootElement.GetProperty("hosts")[0].GetProperty("kernels").EnumerateArray()];
        Assert.Equal(1, kernels.Sum(kernel => kernel.GetProperty("cases").GetInt32()));
        Assert.All(kernels, kernel => Assert.Equal("f32", kernel.GetProperty("format").GetString()));
    }

    [Theory]
    [InlineData("reference", "managed")]
    [InlineData("managed", "all")]
    [InlineData("managed", "reference")]
    public void Any_implementation_goes_on_either_side(string left, string right)
    {
        var run = ToolRun.Of("diff", "--left", left, "--right", right, "--cases", "10");

        Assert.Equal(CommandLine.Success, run.ExitCode);
        Assert.Contains($"{left} against {right}", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_tier_that_cannot_run_here_is_named_with_those_that_can()
    {
        string missing = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? "i8mm" : "avx2";

        var run = ToolRun.Of("diff", "--right", missing, "--cases", "1");

        Assert.Equal(CommandLine.Failure, run.ExitCode);
        Assert.Contains(
            s_hasLibrary ? $"No kernel of tier {missing} can run here" : "kleidisharp",
            run.Error,
            StringComparison.Ordinal);
        Assert.Contains(s_hasLibrary ? "portable" : "tried", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Where_bits_differ_the_exit_code_is_1_and_the_report_says_where_and_how_to_repeat_it()
    {
        var command = new DiffCommand((_, _, _) => new Comparison(
            new ReferenceImplementation(), new PlantedImplementation(_ => true, row: 0, column: 0)));

        (int code, string text) = Run("--cases", "3", "--family", "f32", "--seed", "4");
        (int jsonCode, string json) = Run("--cases", "3", "--family", "f32", "--seed", "4", "--json");

        Assert.Equal((CommandLine.Failure, CommandLine.Failure), (code, jsonCode));
        Assert.Contains("Bits differ.", text, StringComparison.Ordinal);
        Assert.Contains(
            "repeat: kleidi diff --left reference --right avx2 --family f32 --case 4:0",
            text,
            StringComparison.Ordinal);
        Assert.Contains("shrunk to f32, m 1, n 1, k 1,", text, StringComparison.Ordinal);
        Assert.Contains(
            "y[0, 0] is 0 (0x00000000) left and 1E-45 (0x00000001) right, 1 ULP apart; 1 of 1 elements differ",
            text,
            StringComparison.Ordinal);
        using JsonDocument document = JsonDocument.Parse(json);
        Assert.False(document.RootElement.GetProperty("ok").GetBoolean());
        JsonElement smallest =
            document.RootElement.GetProperty("hosts")[0].GetProperty("failures")[0].GetProperty("smallest");
        Assert.Equal("0x00000001", smallest.GetProperty("difference").GetProperty("rightBits").GetString());
        Assert.Equal(1, smallest.GetProperty("weights").GetArrayLength());

        (int Code, string Output) Run(params string[] args)
        {
            var output = new StringWriter();
            int exitCode = command.Parse(args)
                .Invoke(new InvocationConfiguration { Output = output, Error = TextWriter.Null });
            return (exitCode, output.ToString());
        }
    }

    [Theory]
    [InlineData("--left", "all")]
    [InlineData("--left", "fast")]
    [InlineData("--right", "sse")]
    [InlineData("--family", "int3")]
    [InlineData("--cases", "0")]
    [InlineData("--case", "17")]
    [InlineData("--case", "1:-2")]
    [InlineData("--cpus", "max")]
    [InlineData("--device", "qemu -cpu {cpu} kleidi-device")]
    public void Arguments_that_make_no_sense_are_refused(string option, string value)
    {
        var run = ToolRun.Of("diff", option, value);

        Assert.Equal(CommandLine.Usage, run.ExitCode);
        Assert.Contains(option == "--device" ? "--cpus" : option, run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_device_that_does_not_start_is_named() =>
        Assert.Contains(
            "no-such-program",
            ToolRun.Of("diff", "--device", "no-such-program").FailureLine(),
            StringComparison.Ordinal);

    [SkippableFact]
    public void Emulated_processors_give_the_bits_of_the_reference()
    {
        var run = ToolRun.Of(
            "diff", "--cases", "12", "--json", "--cpus", "cortex-a53;max,sme-default-vector-length=16", "--device", EmulatedCpu.Command("{cpu}"));

        Assert.Equal(CommandLine.Success, run.ExitCode);
        JsonElement[] hosts = [.. run.Json().GetProperty("hosts").EnumerateArray()];
        Assert.Equal(2, hosts.Length);
        Assert.Contains("-cpu cortex-a53", hosts[0].GetProperty("name").GetString(), StringComparison.Ordinal);
        Assert.Equal(["neon", "portable"], Tiers(hosts[0]));
        Assert.Equal(["dotprod", "i8mm", "neon", "portable", "sme", "sme2", "sve"], Tiers(hosts[1]));

        static string[] Tiers(JsonElement host) =>
        [
            .. host.GetProperty("kernels").EnumerateArray()
                .Where(kernel => kernel.GetProperty("kernel").GetString() != "quantize")
                .Where(kernel => kernel.GetProperty("cases").GetInt32() > 0)
                .Select(kernel => kernel.GetProperty("tier").GetString()!).Distinct().Order(),
        ];
    }
}
