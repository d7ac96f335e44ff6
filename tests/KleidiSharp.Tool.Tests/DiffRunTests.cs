// SPDX-License-Identifier: Apache-2.0
using System.Globalization;
using KleidiSharp.Tool.Diff;

namespace KleidiSharp.Tool.Tests;

public class DiffRunTests
{
    // Kinds of values that both weights and activations are drawn from.
    private static readonly string[] s_kinds =
        ["normal", "heavy", "constant", "positive", "signed-zero", "subnormal", "huge", "outliers", "ties"];

    public static TheoryData<WeightKind> Kinds { get; } = new(Enum.GetValues<WeightKind>());

    [Theory]
    [MemberData(nameof(Kinds))]
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
    [MemberData(nameof(Kinds))]
    public void Cases_have_every_kind_of_values_and_every_option(WeightKind kind)
    {
        DrawnCase[] cases = Draw(kind, 600);

        // Beyond f16, which holds these weights or their scales.
        string[] none = kind is WeightKind.Float16 or WeightKind.Q4_0 ? ["huge"] : [];
        Assert.Superset(
            new HashSet<string>([.. s_kinds, "not-finite"]), cases.SelectMany(drawn => drawn.RowKinds).ToHashSet());
        Assert.Superset(
            new HashSet<string>([.. s_kinds.Except(none), "spread"]), cases.Select(drawn => drawn.WeightsKind).ToHashSet());
        Assert.Contains(cases, drawn => drawn.X.Any(float.IsNaN));
        Assert.Contains(cases, drawn => drawn.X.Any(float.IsSubnormal));
        Assert.Contains(cases, drawn => drawn.Weights.Any(float.IsSubnormal));
        Assert.All(cases, drawn => Assert.All(drawn.Weights, weight => Assert.True(float.IsFinite(weight))));
        Assert.Contains(cases, drawn => drawn.Bias is null);
        Assert.Contains(cases, drawn => drawn.XStride > drawn.K && drawn.YStride > drawn.N && drawn.Threads > 1);
        Assert.Equal(5, cases.Select(drawn => drawn.Clamp).Distinct().Count());
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Cases_have_every_shape_that_the_format_takes(WeightKind kind)
    {
        DrawnCase[] cases = Draw(kind, 600);

        Assert.All(cases, drawn => Assert.Equal(kind, drawn.Format.Kind));
        Assert.All(cases, drawn => Assert.True(drawn.Format.Fits(drawn.K), drawn.ToString()));
        Assert.Contains(cases, drawn => drawn.M == 1);
        Assert.Contains(cases, drawn => drawn.M > 200);
        Assert.Contains(cases, drawn => drawn.N == 1);
        Assert.Contains(cases, drawn => drawn.N > 64);
        Assert.Contains(cases, drawn => drawn.K > 2000);
        if (cases[0].Format.GroupSize > 0)
        {
            Assert.Equal(
                [32, 64, 96, 128, 160, 256], cases.Select(drawn => drawn.Format.GroupSize).Distinct().Order());
        }
        else if (cases[0].Format.Fits(1))
        {
            Assert.Contains(cases, drawn => drawn.K == 1);
            Assert.Contains(cases, drawn => drawn.K > 32 && drawn.K % 4 != 0);
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Cases_have_every_type_of_activations_and_results_that_the_format_takes(WeightKind kind)
    {
        DrawnCase[] cases = Draw(kind, 600);

        bool perRow =
            kind is WeightKind.Int4Group or WeightKind.Int4Channel or WeightKind.Int8Channel or WeightKind.Int2Channel;
        (ActivationType, bool)[] floats =
            [(ActivationType.Float32, false), (ActivationType.Float16, false), (ActivationType.BFloat16, false)];
        (ActivationType, bool)[] codes =
            [(ActivationType.Int8, true), (ActivationType.Float32, true), (ActivationType.BFloat16, true)];
        Assert.Equal(
            floats.Concat(perRow ? codes : []).Order(),
            cases.Select(drawn => (drawn.XFormat.Type, drawn.XFormat.Quantization.Scale != 0)).Distinct().Order());
        Assert.Equal(
            Enum.GetValues<ActivationType>().Order(), cases.Select(drawn => drawn.YFormat.Type).Distinct().Order());
        Assert.All(cases, drawn => Assert.Equal(
            drawn.X.Select(BitConverter.SingleToUInt32Bits),
            ActivationBytes.Values(drawn.TypedX(), drawn.XFormat).Select(BitConverter.SingleToUInt32Bits)));
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
            "int4/32, m 3, n 5, k 96, x stride 96, y stride 5, x f32, y f32, bias no, clamp none, threads 1",
            failure.Smallest.Shape);
        Assert.All(failure.Smallest.X.Concat(failure.Smallest.Weights), value => Assert.Equal(0f, value));
        Assert.Equal((1L, 1), (left.Ulp, left.Differing));
        Assert.Equal(("0x00000000", "0x00000001"), (left.LeftBits, left.RightBits));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Types_stay_only_where_they_matter(WeightKind kind)
    {
        FailureReport any = Assert.Single(Run(kind, _ => true, row: 0, column: 0).Failures);
        FailureReport typed = Assert.Single(
            Run(kind, drawn => drawn is { XFormat.Type: ActivationType.BFloat16, YFormat.Type: ActivationType.Int8 }, 0, 0, 600)
                .Failures);

        Assert.Contains("m 1, n 1,", any.Smallest.Shape, StringComparison.Ordinal);
        Assert.Contains("x f32, y f32, bias no, clamp none", any.Smallest.Shape, StringComparison.Ordinal);
        Assert.Contains("m 1, n 1,", typed.Smallest.Shape, StringComparison.Ordinal);
        Assert.Matches(@"x bf16( \(.*\))?, y int8 \(scale .*, zero .*\), bias no, clamp none", typed.Smallest.Shape);
    }

    [Fact]
    public void Codes_of_activations_are_kept_and_made_simple()
    {
        HostReport report = Run(
            WeightKind.Int8Channel,
            drawn => drawn.XFormat.Type == ActivationType.Int8 && drawn.X[0] < -2,
            row: 0,
            column: 0,
            cases: 300);

        SmallestCase smallest = Assert.Single(report.Failures).Smallest;
        Assert.StartsWith("int8-channel, m 1, n 1, k 1,", smallest.Shape, StringComparison.Ordinal);
        Assert.Contains("x int8 (scale", smallest.Shape, StringComparison.Ordinal);
        Assert.InRange(Assert.Single(smallest.X), sbyte.MinValue, -3);
        Assert.Equal([0f], smallest.Weights);
    }

    [Fact]
    public void Values_that_matter_are_kept_and_made_simple()
    {
        HostReport report = Run(
            WeightKind.Float32,
            drawn => drawn.X[0] > 2.25f && drawn.Weights[0] < -0.1f && drawn.Bias is not null,
            row: 0,
            column: 0,
            cases: 300);

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
    public void The_rows_of_a_case_are_listed_and_many_are_counted()
    {
        DrawnCase drawn = CaseGenerator.Draw(WeightKind.Float32, 1, 0);
        DrawnCase few = drawn with { M = 2, RowKinds = ["normal", "zero"] };
        DrawnCase many = drawn with { M = 20, RowKinds = [.. Enumerable.Repeat("uniform", 19), "zero"] };

        Assert.EndsWith("rows [normal zero]", few.ToString(), StringComparison.Ordinal);
        Assert.EndsWith("rows [19 uniform 1 zero]", many.ToString(), StringComparison.Ordinal);
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

    private static DrawnCase[] Draw(WeightKind kind, int count) =>
        [.. Enumerable.Range(0, count).Select(index => CaseGenerator.Draw(kind, 1, index))];

    private static HostReport Run(WeightKind kind, Func<DrawnCase, bool> isWrong, int row, int column, int cases = 60)
    {
        var run = new DiffRun(
            () => new Comparison(new ReferenceImplementation(), new PlantedImplementation(isWrong, row, column)),
            new DiffPlan([kind], Seed: 2, First: 0, Cases: cases),
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
