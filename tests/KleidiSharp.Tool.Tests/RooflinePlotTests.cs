// SPDX-License-Identifier: Apache-2.0
using System.Globalization;
using System.Xml.Linq;
using KleidiSharp.Tool.Bench;

namespace KleidiSharp.Tool.Tests;

public class RooflinePlotTests
{
    private const string Processor = "Fast <Machine> & Sons";
    private static readonly string[] Labels = ["int4, m = 1", "int4, m = 128", "f32, m = 1", "f32, m = 128"];

    [Fact]
    public void The_plot_says_what_was_measured_where_and_when()
    {
        string[] texts = [.. Texts(Plot(Report(700, 175, 1, 128)))];

        Assert.Contains(Processor, texts);
        Assert.Contains("int4 in groups of 32 and f32, matrices, 2 threads, 5 March 2026", texts);
        Assert.Contains("reading memory, 40.0 GB/s", texts);
        Assert.Contains("int8 peak, 700 GOP/s", texts);
        Assert.Contains("f32 peak, 175 GOP/s", texts);
        Assert.Equal(2, texts.Count(text => text == "first (2048 × 4096)"));
        Assert.Equal(2, texts.Count(text => text == "second (512 × 1024)"));
        Assert.All(Labels, label => Assert.Contains(label, texts));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(1, 16, 128)]
    public void Each_layer_and_number_of_rows_is_a_point_of_each_format(params int[] rows)
    {
        XElement svg = Plot(Report(700, 175, rows));

        // The legend has one marker for each layer and format as well.
        Assert.Equal(2 * (rows.Length + 1), Elements(svg, "ellipse").Count());
        Assert.Equal(2 * (rows.Length + 1), Elements(svg, "polygon").Count());
    }

    [Fact]
    public void Points_lie_where_their_figures_say()
    {
        XElement svg = Plot(Report(700, 175, 1, 128));
        (double X, double Y)[] points =
            [.. Elements(svg, "ellipse").Select(e => (Number(e, "cx"), Number(e, "cy"))).OrderBy(p => p.Item1)];

        // In order of operations per byte: both layers with one row, both with 128, then the legend's.
        (double X, double Y) one = points[0], many = points[2];
        Assert.InRange(points[1].X - one.X, 0, 10);
        Assert.True(many.X > one.X + 100, $"{many.X} is not far right of {one.X}");
        Assert.True(many.Y < one.Y - 50, $"{many.Y} is not far above {one.Y}");
        Assert.True(points[4].X > points[3].X + 20, "the legend stands apart");
    }

    [Fact]
    public void Without_peaks_there_is_the_slope_alone()
    {
        string[] texts = [.. Texts(Plot(Report(null, null, 1)))];

        Assert.Contains("reading memory, 40.0 GB/s", texts);
        Assert.DoesNotContain(texts, text => text.Contains("peak", StringComparison.Ordinal));
    }

    private static XElement Plot(BenchReport report)
    {
        using var output = new MemoryStream();
        RooflinePlot.Write(report, output);
        return XDocument.Load(new MemoryStream(output.ToArray())).Root!;
    }

    private static IEnumerable<string> Texts(XElement svg) => Elements(svg, "text").Select(text => text.Value);

    private static IEnumerable<XElement> Elements(XElement svg, string name) =>
        svg.Descendants().Where(element => element.Name.LocalName == name);

    private static double Number(XElement element, string attribute) =>
        double.Parse(element.Attribute(attribute)!.Value, CultureInfo.InvariantCulture);

    private static BenchReport Report(double? int8, double? f32, params int[] rows) => new(
        new MachineReport("linux-x64", "", "", "", Processor, "", 2, "native", "none"),
        new DateTimeOffset(2026, 3, 5, 12, 0, 0, TimeSpan.Zero),
        new BenchMethod(2, 32, 1, true, 1, []),
        new CeilingReport(40, int8, int8 is null ? null : "dot", f32, f32 is null ? null : "fma"),
        [Layer("first", 2048, 4096, rows), Layer("second", 512, 1024, rows)],
        []);

    private static LayerReport Layer(string name, int n, int k, int[] rows) => new(
        name, n, k, 0, n, (long)(0.5625 * n * k), 4L * n * k, 20, [.. rows.Select(m => Times(m))]);

    // Six sevenths of a peak, or all of the bandwidth.
    private static LayerTimes Times(int m)
    {
        FormatTimes int4 = new(1, 40, Math.Min(600, 2.0 * m * 40 / 0.5625), "int4");
        FormatTimes f32 = new(1, 40, Math.Min(150, 2.0 * m * 40 / 4), "f32");
        return new LayerTimes(m, 7, int4, f32, 4, 4, 4, 40, 1, null, null, null, null, []);
    }
}
