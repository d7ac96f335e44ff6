// SPDX-License-Identifier: Apache-2.0
using System.Text.Json;

namespace KleidiSharp.Tool.Tests;

public class BenchCommandTests
{
    private static readonly string[] Shape = ["name", "outFeatures", "inFeatures", "perModel"];

    [Fact]
    public void Quick_json_lists_every_shape_with_sane_figures_and_their_sums()
    {
        var run = ToolRun.Of("bench", "--quick", "--rows", "1,2", "--json");

        Assert.Equal(CommandLine.Success, run.ExitCode);
        JsonElement json = run.Json();
        JsonElement[] layers = [.. json.GetProperty("layers").EnumerateArray()];
        Assert.Equal(
            [
                "q, o|2048|2048|32",
                "k, v|512|2048|32",
                "gate, up|8192|2048|32",
                "down|2048|8192|16",
                "head|128256|2048|1",
            ],
            layers.Select(layer => string.Join('|', Shape.Select(property => layer.GetProperty(property).ToString()))));
        foreach (JsonElement layer in layers)
        {
            double weights = layer.GetProperty("outFeatures").GetDouble() * layer.GetProperty("inFeatures").GetDouble();
            Assert.InRange(layer.GetProperty("int4Bytes").GetDouble() / weights, 0.5625, 0.58);
            Assert.InRange(layer.GetProperty("f32Bytes").GetDouble() / weights, 4, 4.1);
            Assert.InRange(layer.GetProperty("sqnrDecibels").GetDouble(), 18, 24);
            Assert.Equal([1, 2], layer.GetProperty("rows").EnumerateArray()
                .Select(times => times.GetProperty("rows").GetInt32()));
            foreach (JsonElement times in layer.GetProperty("rows").EnumerateArray())
            {
                Assert.InRange(times.GetProperty("runs").GetInt32(), 3, 5);
                Assert.InRange(times.GetProperty("speedUp").GetDouble(), 0.01, 1000);
                Assert.InRange(
                    times.GetProperty("speedUp").GetDouble(),
                    times.GetProperty("speedUpLowerQuartile").GetDouble(),
                    times.GetProperty("speedUpUpperQuartile").GetDouble());
                Assert.InRange(times.GetProperty("int4ShareOfRead").GetDouble(), 0.0001, 1000);
                Assert.InRange(Share(times, "int4", "int8PeakGigaopsPerSecond", "int4ShareOfPeak"), 0.01, 100);
                Assert.InRange(Share(times, "f32", "f32PeakGigaopsPerSecond", "f32ShareOfPeak"), 0.01, 100);
                double seconds = times.GetProperty("int4").GetProperty("microseconds").GetDouble() / 1e6;
                double rate = times.GetProperty("int4").GetProperty("gigabytesPerSecond").GetDouble() * 1e9;
                Assert.Equal(1, layer.GetProperty("int4Bytes").GetDouble() / seconds / rate, 0.01);
            }
        }

        foreach (JsonElement model in json.GetProperty("model").EnumerateArray())
        {
            int index = model.GetProperty("rows").GetInt32() - 1;
            double milliseconds = layers.Sum(layer => layer.GetProperty("perModel").GetInt32()
                * layer.GetProperty("rows")[index].GetProperty("int4").GetProperty("microseconds").GetDouble()) / 1e3;
            Assert.Equal(milliseconds, model.GetProperty("int4Milliseconds").GetDouble(), 1e-6 * milliseconds);
            Assert.Equal((index + 1) * 1e3 / milliseconds, model.GetProperty("int4TokensPerSecond").GetDouble(), 1e-3);
        }

        JsonElement ceilings = json.GetProperty("ceilings");
        Assert.InRange(ceilings.GetProperty("readGigabytesPerSecond").GetDouble(), 0.1, 10_000);
        Assert.InRange(
            ceilings.GetProperty("int8GigaopsPerSecond").GetDouble() / ceilings.GetProperty("f32GigaopsPerSecond").GetDouble(), 0.1, 100);
        Assert.Contains(" bits", ceilings.GetProperty("int8Instruction").GetString(), StringComparison.Ordinal);
        Assert.Contains(" bits", ceilings.GetProperty("f32Instruction").GetString(), StringComparison.Ordinal);
        Assert.InRange(json.GetProperty("measured").GetDateTimeOffset(), DateTimeOffset.UtcNow.AddHours(-1), DateTimeOffset.UtcNow);
        Assert.NotEqual("", json.GetProperty("machine").GetProperty("processor").GetString());

        string notes = string.Join('\n', json.GetProperty("method").GetProperty("notes").EnumerateArray());
        Assert.Contains("scaled up 16 times", notes, StringComparison.Ordinal);
    }

    // What the stated share is of the one that the stated medians give: 1 on an idle machine; on a busy one medians of
    // ratios are others than ratios of medians.
    private static double Share(JsonElement times, string format, string peak, string share) =>
        times.GetProperty(share).GetDouble() * times.GetProperty(peak).GetDouble()
            / times.GetProperty(format).GetProperty("gigaopsPerSecond").GetDouble();
}
