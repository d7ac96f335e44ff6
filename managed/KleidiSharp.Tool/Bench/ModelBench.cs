// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp.Tool.Bench;

/// <summary>Measures every layer shape of a model and adds up.</summary>
internal sealed class ModelBench
{
    // Below this the whole output head, which takes some 2.5 GB in f32 while it is packed, is too much to ask for.
    private const long MemoryForWholeHead = 5L << 30;

    private readonly ComputeContext compute;
    private readonly BenchPlan plan;
    private readonly IReadOnlyList<LayerShape> shapes;
    private readonly RunLimits limits;
    private readonly BenchMethod method;

    /// <param name="compute">Where to work.</param>
    /// <param name="plan">What to measure.</param>
    public ModelBench(ComputeContext compute, BenchPlan plan)
    {
        this.compute = compute;
        this.plan = plan;
        bool wholeHead = !plan.Quick && GC.GetGCMemoryInfo().TotalAvailableMemoryBytes >= MemoryForWholeHead;
        shapes = plan.Shapes ?? LayerShape.Llama32With1B(wholeHead ? 1 : 16);
        limits = plan.Quick
            ? new RunLimits(3, 5, TimeSpan.FromSeconds(0.25))
            : new RunLimits(7, 101, TimeSpan.FromSeconds(4));
        (long cache, bool known) = LastLevelCache.Read();
        method = new BenchMethod(
            compute.Threads, plan.Group, cache, known, (plan.Quick ? 1 : 4) * cache, Notes());
    }

    /// <summary>Measures.</summary>
    /// <param name="progress">Is told how far it is, from 0 to 1, and what comes next.</param>
    public BenchReport Run(Action<double, string> progress)
    {
        var probe = new CeilingProbe(Math.Max(method.RotatedBytes, 128L << 20), compute.Threads);
        var layers = new List<LayerReport>();
        int steps = shapes.Count * (plan.Rows.Count + 1);
        int done = 0;
        foreach (LayerShape shape in shapes)
        {
            Next(shape, "packing");
            using var layer = new LayerBench(shape, plan.Group, method.RotatedBytes, compute);
            double sqnr = layer.Sqnr();
            var times = new List<LayerTimes>();
            foreach (int m in plan.Rows)
            {
                Next(shape, $"m = {m}");
                times.Add(layer.Measure(m, probe, limits, plan));
            }

            layers.Add(new LayerReport(
                shape.Name,
                shape.OutFeatures,
                shape.InFeatures,
                shape.PerModel,
                shape.MeasuredOut,
                layer.Int4Bytes,
                layer.F32Bytes,
                sqnr,
                times));
        }

        return new BenchReport(
            MachineReport.Here(compute),
            DateTimeOffset.UtcNow,
            method,
            Highest(layers, probe),
            layers,
            plan.Shapes is null ? [.. plan.Rows.Select((_, i) => Sum(layers, i))] : []);

        void Next(LayerShape shape, string what) =>
            progress((double)done++ / steps, $"{shape.Name} {shape.OutFeatures} × {shape.InFeatures}, {what}");
    }

    private static CeilingReport Highest(List<LayerReport> layers, CeilingProbe probe)
    {
        LayerTimes[] times = [.. layers.SelectMany(layer => layer.Rows)];
        return new CeilingReport(
            Statistics.Median(times.Select(t => t.ReadGigabytesPerSecond)),
            probe.Int8Instruction is null ? null : Statistics.Median(times.Select(t => t.Int8PeakGigaopsPerSecond!.Value)),
            probe.Int8Instruction,
            probe.Float32Instruction is null ? null : Statistics.Median(times.Select(t => t.F32PeakGigaopsPerSecond!.Value)),
            probe.Float32Instruction);
    }

    private static ModelReport Sum(List<LayerReport> layers, int rowsIndex)
    {
        int rows = layers[0].Rows[rowsIndex].Rows;
        double int4 = layers.Sum(layer => layer.PerModel * layer.Rows[rowsIndex].Int4.Microseconds);
        double f32 = layers.Sum(layer => layer.PerModel * layer.Rows[rowsIndex].F32.Microseconds);
        return new ModelReport(
            rows,
            Int4Milliseconds: int4 / 1e3,
            F32Milliseconds: f32 / 1e3,
            SpeedUp: f32 / int4,
            Int4TokensPerSecond: rows * 1e6 / int4,
            F32TokensPerSecond: rows * 1e6 / f32,
            Int4Bytes: layers.Sum(layer => layer.PerModel * layer.Int4Bytes),
            F32Bytes: layers.Sum(layer => layer.PerModel * layer.F32Bytes));
    }

    private List<string> Notes()
    {
        LayerShape last = shapes[^1];
        List<string> notes =
        [
            "Weights are normally distributed: copies of one random block, each starting elsewhere in it.",
            "Calls go round copies of a layer's weights that exceed the last-level cache: weights come from memory.",
            "int4, f32, a plain read of memory and one instruction over and over (the peaks) take turns; times are medians, "
                + "ratios medians of the turns' ratios.",
            "Where the quartiles of a ratio are far apart, the machine was busy with something else.",
            "SQNR compares int4 with f32 results of 16 rows of normally distributed activations.",
        ];
        if (last.Scale > 1)
        {
            notes.Add(
                $"Of the head {last.MeasuredOut} rows were measured; times and sizes are scaled up {last.Scale:0.#} times.");
        }

        if (plan.Peers.Count > 0)
        {
            notes.Add(
                $"Against a peer int4 is measured again, then the peer's command runs: {plan.PeerRounds} such rounds; times are "
                + "medians, ratios medians of the rounds' ratios.");
        }

        if (plan.Quick)
        {
            notes.Add("A quick run: few turns, so figures vary from run to run.");
        }

        return notes;
    }
}
