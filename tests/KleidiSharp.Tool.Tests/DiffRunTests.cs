// SPDX-License-Identifier: Apache-2.0
using System.Globalization;
using KleidiSharp.Tool.Diff;

namespace KleidiSharp.Tool.Tests;

public class DiffRunTests
{
    // Kinds of values that both weights and activations are drawn from.
    private static readonly string[] s_kinds =
        ["normal", "heavy", "constant", "positive", "signed-zero", "subnormal", "huge", "outliers", "ties"];

    [Theory]
    [InlineData(WeightKind.Int4Group)]
    [InlineData(WeightKind.Float32)]
    public void The_same_seed_and_index_give_the_same_case_and_others_give_others(WeightKind kind)
    {
        DrawnCase first = CaseGenerator.Draw(kind, 5, 9);
        DrawnCase again = CaseGenerator.Draw(kind, 5, 9);

        Assert.Equal(first.ToString(), again.ToString());
        Assert.Equal(Bits(first.X), Bits(again.X));
        Assert.Equal(Bits(first.Weights), Bits(again.Weights));
        Assert.Equal(Bits(first.Bias ?? []), Bits(again.Bias ?? []));
        Assert.NotEqual(Bits(first.Weights), Bits(CaseGenerator.Draw(kind, 6, 9).Weights));
        Assert.NotEqual(Bits(first.Weights), Bits(CaseGenerator.Draw(kind, 5, 10).Weights));

        static int[] Bits(float[] values) => Array.ConvertAll(values, BitConverter.SingleToInt32Bits);
    }

    [Theory]
    [InlineData(WeightKind.Int4Group)]
    [InlineData(WeightKind.Float32)]
    public void Cases_have_every_kind_of_values_and_every_option(WeightKind kind)
    {
        DrawnCase[] cases = [.. Enumerable.Range(0, 600).Select(index => CaseGenerator.Draw(kind, 1, index))];

        Assert.Superset(
            new HashSet<string>([.. s_kinds, "not-finite"]), cases.SelectMany(drawn => drawn.RowKinds).ToHashSet());
        Assert.Superset(
            new HashSet<string>([.. s_kinds, "spread"]), cases.Select(drawn => drawn.WeightsKind).ToHashSet());
        Assert.Contains(cases, drawn => drawn.X.Any(float.IsNaN));
        Assert.Contains(cases, drawn => drawn.X.Any(float.IsSubnormal));
        Assert.Contains(cases, drawn => drawn.Weights.Any(float.IsSubnormal));
        Assert.All(cases, drawn => Assert.All(drawn.Weights, weight => Assert.True(float.IsFinite(weight))));
        Assert.Contains(cases, drawn => drawn.Bias is null);
        Assert.Contains(cases, drawn => drawn.XStride > drawn.K && drawn.YStride > drawn.N && drawn.Threads > 1);
        Assert.Equal(5, cases.Select(drawn => drawn.Clamp).Distinct().Count());
    }

    [Fact]
    public void One_bit_is_found_and_shrunk_to_the_smallest_case()
    {
        // Wrong from the third row and fifth column on, where k is over 64.
        HostReport report = Run(WeightKind.Int4Group, drawn => drawn is { M: > 2, N: > 4, K: > 64 }, row: 2, column: 4);

        KernelCount count = Assert.Single(report.Kernels, kernel => kernel.Kernel == "planted");
        Assert.Equal(60, count.Cases);
        Assert.InRange(count.Differing, 1, 59);
        Assert.Equal(0, report.Kernels.Single(kernel => kernel.Kernel == "quantize").Differing);
        FailureReport failure = Assert.Single(report.Failures);
        Difference left = failure.Smallest.Difference;
        Assert.Equal(("y", 2, 4), (failure.Difference.What, failure.Difference.Row, failure.Difference.Column));
        Assert.Equal(("y", 2, 4), (left.What, left.Row, left.Column));
        Assert.Equal(
            "int4/32, m 3, n 5, k 96, x stride 96, y stride 5, bias no, clamp none, threads 1", failure.Smallest.Shape);
        Assert.All(failure.Smallest.X.Concat(failure.Smallest.Weights), value => Assert.Equal(0f, value));
        Assert.Equal((1L, 1), (left.Ulp, left.Differing));
        Assert.Equal(("0x00000000", "0x00000001"), (left.LeftBits, left.RightBits));
    }

    [Fact]
    public void Values_that_matter_are_kept_and_made_simple()
    {
        HostReport report = Run(
            WeightKind.Float32,
            drawn => drawn.X[0] > 2.25f && drawn.Weights[0] < -0.1f && drawn.Bias is not null,
            row: 0,
            column: 0);

        SmallestCase smallest = Assert.Single(report.Failures).Smallest;
        Assert.StartsWith("f32, m 1, n 1, k 1,", smallest.Shape, StringComparison.Ordinal);
        Assert.Equal(MathF.Round(smallest.X[0]), smallest.X[0]);
        Assert.True(smallest.X[0] > 2.25f && smallest.Weights[0] < -0.1f);
        Assert.Equal([0f], smallest.Bias);
    }

    [Fact]
    public void The_command_of_a_failure_draws_the_failing_case()
    {
        HostReport report = Run(WeightKind.Float32, drawn => drawn.M > 20, row: 20, column: 0);

        FailureReport failure = Assert.Single(report.Failures);
        int index = int.Parse(failure.Command, CultureInfo.InvariantCulture);
        Assert.Equal(CaseGenerator.Draw(WeightKind.Float32, 2, index).ToString(), failure.Case);
    }

    [Fact]
    public void A_run_that_compares_nothing_does_not_pass()
    {
        var run = new DiffRun(
            () => new Comparison(new ReferenceImplementation(), new KernelsOfNoCase()),
            new DiffPlan([WeightKind.Int4Group], Seed: 2, First: 0, Cases: 3),
            (_, index) => $"{index}");

        var thrown = Assert.Throws<InvalidOperationException>(() => run.Run("test", (_, _) => { }));
        Assert.Contains("Nothing was compared", thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_crash_names_the_case()
    {
        var thrown = Assert.Throws<InvalidOperationException>(
            () => Run(WeightKind.Float32, _ => throw new IOException("gone"), row: 0, column: 0));

        Assert.Contains("seed 2, case", thrown.Message, StringComparison.Ordinal);
        Assert.Contains("gone", thrown.Message, StringComparison.Ordinal);
    }

    private static HostReport Run(WeightKind kind, Func<DrawnCase, bool> isWrong, int row, int column)
    {
        var run = new DiffRun(
            () => new Comparison(new ReferenceImplementation(), new PlantedImplementation(isWrong, row, column)),
            new DiffPlan([kind], Seed: 2, First: 0, Cases: 60),
            (_, index) => $"{index}");
        return run.Run("test", (_, _) => { });
    }

    private sealed class KernelsOfNoCase : Implementation
    {
        private readonly ReferenceImplementation reference = new();

        public override string Name => "none";

        public override IReadOnlyList<ComparedKernel> Kernels => reference.Kernels;

        public override QuantizedWeights Quantize(DrawnCase drawn) => reference.Quantize(drawn);

        public override IEnumerable<Product> Multiply(DrawnCase drawn, QuantizedWeights? weights) => [];

        public override void Dispose() => reference.Dispose();
    }
}
