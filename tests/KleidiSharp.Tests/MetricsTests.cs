// SPDX-License-Identifier: Apache-2.0
using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace KleidiSharp.Tests;

/// <summary>What a listener hears; that nothing is allocated where there is none is for <see cref="AllocationTests"/>.</summary>
[Collection(SerialTests.Name)]
public sealed class MetricsTests
{
    [Fact]
    public void A_listener_hears_what_is_packed_and_how_long_multiplications_take()
    {
        using ComputeContext compute = new(new ComputeOptions { Backend = ComputeBackend.Managed, Threads = 1 });
        var heard = new List<(string Name, string? Unit, double Value, object? Weights)>();
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Meter.Name == "KleidiSharp")
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Hear(instrument, value, tags));
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Hear(instrument, value, tags));
        listener.Start();

        long start = Stopwatch.GetTimestamp();
        using PackedWeights f32 = PackedWeights.Quantize(new float[64], 2, 32, WeightFormat.Float32, compute: compute);
        using PackedWeights int4 = PackedWeights.Quantize(new float[64], 2, 32, WeightFormat.Int4Group(32), compute: compute);
        f32.MatMul(new float[32], new float[2], 1);
        int4.MatMul(new float[64], new float[4], 2);
        int4.MatMul(Array.Empty<float>(), [], 0);
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;

        Assert.Equal(
            [("kleidisharp.packed.size", "By", (object?)"f32"), ("kleidisharp.packed.size", "By", "int4"),
                ("kleidisharp.matmul.duration", "s", "f32"), ("kleidisharp.matmul.duration", "s", "int4")],
            heard.Select(h => (h.Name, h.Unit, h.Weights)));
        Assert.Equal([f32.ByteSize, int4.ByteSize], heard[..2].Select(h => h.Value));
        Assert.All(heard[2..], h => Assert.InRange(h.Value, 1e-9, seconds));

        listener.Dispose();
        f32.MatMul(new float[32], new float[2], 1);
        Assert.Equal(4, heard.Count);

        void Hear(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags) =>
            heard.Add((instrument.Name, instrument.Unit, value, tags[0].Value));
    }
}
