// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp.Tool.Bench;

/// <summary>
/// One layer shape, packed as int4 and as f32, each so many times that calls which go round the copies read every
/// weight from memory and not from a cache.
/// </summary>
internal sealed class LayerBench : IDisposable
{
    private readonly LayerShape shape;
    private readonly long rotatedBytes;
    private readonly ComputeContext compute;
    private readonly PackedWeights[] int4;
    private readonly PackedWeights[] f32;
    private int nextInt4;
    private int nextF32;

    /// <param name="shape">The shape.</param>
    /// <param name="group">Values per group of the int4 weights.</param>
    /// <param name="rotatedBytes">What the copies of a format fill at least.</param>
    /// <param name="compute">Where to work.</param>
    public LayerBench(LayerShape shape, int group, long rotatedBytes, ComputeContext compute)
    {
        this.shape = shape;
        this.rotatedBytes = rotatedBytes;
        this.compute = compute;
        var weights = GC.AllocateUninitializedArray<float>(shape.MeasuredOut * shape.InFeatures);
        new GaussianNumbers(seed: 1, deviation: 0.02f).Fill(weights);
        f32 = Copies(rotatedBytes, () => Pack(WeightFormat.Float32));

        PackedWeights first = Pack(WeightFormat.Int4Group(group));
        int4 = Copies(rotatedBytes, () => first.Repack(compute));
        first.Dispose();

        PackedWeights Pack(WeightFormat format) =>
            PackedWeights.Quantize(weights, shape.MeasuredOut, shape.InFeatures, format, compute: compute);
    }

    /// <summary>Bytes of the whole layer.</summary>
    public long Int4Bytes => (long)(int4[0].ByteSize * shape.Scale);

    /// <summary>Bytes of the whole layer.</summary>
    public long F32Bytes => (long)(f32[0].ByteSize * shape.Scale);

    /// <summary>Multiplies some rows in both formats.</summary>
    /// <returns>Power of the f32 results over the power of their difference, in decibels.</returns>
    public double Sqnr()
    {
        const int Rows = 16;
        float[] x = Activations(Rows);
        var exact = new float[Rows * shape.MeasuredOut];
        var approximate = new float[Rows * shape.MeasuredOut];
        f32[0].MatMul(x, exact, Rows);
        int4[0].MatMul(x, approximate, Rows);
        return Parity.Sqnr(exact, approximate);
    }

    /// <summary>Measures both formats turn by turn, then int4 against each of the plan's peers.</summary>
    public LayerTimes Measure(int rows, CeilingProbe probe, RunLimits limits, BenchPlan plan)
    {
        float[] x = Activations(rows);
        var y = new float[rows * shape.MeasuredOut];
        Action multiply = () => int4[nextInt4++ % int4.Length].MatMul(x, y, rows);
        PairedTimes times = PairedTimes.Measure(
            multiply,
            () => f32[nextF32++ % f32.Length].MatMul(x, y, rows),
            probe.Measure,
            limits,
            TimeProvider.System);
        return new LayerTimes(
            rows,
            times.Runs,
            Describe(int4[0], times.Int4, rows),
            Describe(f32[0], times.F32, rows),
            times.SpeedUp,
            times.SpeedUpLowerQuartile,
            times.SpeedUpUpperQuartile,
            times.Ceilings.Bandwidth / 1e9,
            times.Int4ShareOfBandwidth(int4[0].ByteSize),
            Known(times.Ceilings.Int8 / 1e9),
            Known(times.Int4ShareOfPeak(Operations(rows))),
            Known(times.Ceilings.Float32 / 1e9),
            Known(times.F32ShareOfPeak(Operations(rows))),
            [.. plan.Peers.Select(Against)]);

        PeerTimes Against(LayerPeer peer) => PeerTimes.Measure(
            peer,
            multiply,
            () => peer.Run(rows, shape.InFeatures, shape.MeasuredOut, compute.Threads, rotatedBytes),
            shape.Scale,
            plan.PeerRounds,
            TimeProvider.System);

        static double? Known(double value) => double.IsNaN(value) ? null : value;
    }

    public void Dispose()
    {
        foreach (PackedWeights weights in int4.Concat(f32))
        {
            weights.Dispose();
        }
    }

    private static PackedWeights[] Copies(long bytes, Func<PackedWeights> pack)
    {
        PackedWeights first = pack();
        var copies = new PackedWeights[(int)((bytes + first.ByteSize - 1) / first.ByteSize)];
        copies[0] = first;
        for (int i = 1; i < copies.Length; i++)
        {
            copies[i] = pack();
        }

        return copies;
    }

    private float[] Activations(int rows)
    {
        var x = new float[rows * shape.InFeatures];
        new GaussianNumbers(seed: 2, deviation: 1).Fill(x);
        return x;
    }

    private FormatTimes Describe(PackedWeights weights, double seconds, int rows) => new(
        Microseconds: seconds * shape.Scale * 1e6,
        GigabytesPerSecond: weights.ByteSize / seconds / 1e9,
        GigaopsPerSecond: Operations(rows) / seconds / 1e9,
        Kernel: weights.KernelFor(rows).Kernel.Name);

    private double Operations(int rows) => 2.0 * rows * shape.MeasuredOut * shape.InFeatures;
}
