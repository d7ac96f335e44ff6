// SPDX-License-Identifier: Apache-2.0
using System.Globalization;
using OxyPlot;
using OxyPlot.Annotations;
using OxyPlot.Axes;
using OxyPlot.Legends;
using OxyPlot.Series;

namespace KleidiSharp.Tool.Bench;

/// <summary>
/// The report of <c>kleidi bench</c> as a roofline: rate over operations per byte, both logarithmic, below what reading
/// memory (the slope) and multiplying (the levels) allow.
/// </summary>
internal static class RooflinePlot
{
    private const double Width = 1080;
    private const double Height = 680;
    private const double MarkerSize = 5;
    private const double LabelDistance = 1.25;
    private const string Font = "Helvetica, Arial, sans-serif";

    private static readonly OxyColor Grey = OxyColor.FromRgb(0x55, 0x55, 0x55);

    // Okabe and Ito's colours, which the colour-blind tell apart.
    private static readonly OxyColor[] Colours =
    [
        OxyColor.FromRgb(0x00, 0x72, 0xB2), OxyColor.FromRgb(0xD5, 0x5E, 0x00), OxyColor.FromRgb(0x00, 0x9E, 0x73),
        OxyColor.FromRgb(0xCC, 0x79, 0xA7), OxyColor.FromRgb(0xE6, 0x9F, 0x00), OxyColor.FromRgb(0x56, 0xB4, 0xE9),
    ];

    private enum Format
    {
        Int4,
        Float32,
    }

    /// <summary>Draws the plot as SVG.</summary>
    public static void Write(BenchReport report, Stream output) =>
        new SvgExporter
        {
            Width = Width,
            Height = Height,
            TextMeasurer = new SvgTextMeasurer(),
            // Not every viewer knows the attribute that says where a text's baseline is.
            UseVerticalTextAlignmentWorkaround = true,
        }.Export(Draw(report), output);

    private static PlotModel Draw(BenchReport report)
    {
        Placed[] points = [.. Place(report)];
        double left = points.Min(p => p.Intensity) / 3;
        double right = points.Max(p => p.Intensity) * 3;
        var plot = new PlotModel
        {
            Title = report.Machine.Processor,
            Subtitle = Subtitle(report),
            DefaultFont = Font,
            TitleFontSize = 20,
            SubtitleFontSize = 14,
            Background = OxyColors.White,
            PlotAreaBorderColor = Grey,
            Padding = new OxyThickness(12),
        };
        plot.Axes.Add(Axis(
            AxisPosition.Bottom, "operations per byte (weights, activations and results, each once)", left, right));
        plot.Axes.Add(Axis(
            AxisPosition.Left,
            "billion operations per second",
            points.Min(p => p.Rate) / 3,
            Math.Max(points.Max(p => p.Rate), report.Ceilings.Int8GigaopsPerSecond ?? 0) * 2));
        plot.Legends.Add(new Legend
        {
            LegendPlacement = LegendPlacement.Outside,
            LegendPosition = LegendPosition.RightTop,
            LegendFontSize = 13,
            GroupNameFontSize = 13,
            GroupNameFontWeight = FontWeights.Bold,
            LegendSymbolLength = 24,
            LegendItemSpacing = 8,
            LegendLineSpacing = 4,
        });
        AddRoof(plot, report.Ceilings, left, right);
        AddPoints(plot, report, points);
        AddLabels(plot, points);
        return plot;
    }

    private static string Subtitle(BenchReport report)
    {
        string what = report.Model.Count > 0 ? "layers of Llama-3.2-1B" : "matrices";
        string threads = Figures.Count(report.Method.Threads, "thread");
        string date = report.Measured.ToString("d MMMM yyyy", CultureInfo.InvariantCulture);
        return $"int4 in groups of {report.Method.Group} and f32, {what}, {threads}, {date}";
    }

    private static LogarithmicAxis Axis(AxisPosition position, string title, double minimum, double maximum) => new()
    {
        Position = position,
        Title = title,
        Minimum = minimum,
        Maximum = maximum,
        FontSize = 13,
        TitleFontSize = 14,
        AxisTitleDistance = 10,
        MajorGridlineStyle = LineStyle.Solid,
        MajorGridlineColor = OxyColor.FromRgb(0xDD, 0xDD, 0xDD),
        MinorGridlineStyle = LineStyle.Solid,
        MinorGridlineColor = OxyColor.FromRgb(0xF2, 0xF2, 0xF2),
        TicklineColor = Grey,
        MinorTicklineColor = Grey,
        LabelFormatter = value => value.ToString("#,0.###", CultureInfo.InvariantCulture),
    };

    // The slope goes up to the highest level; each level begins where the slope reaches it.
    private static void AddRoof(PlotModel plot, CeilingReport ceilings, double left, double right)
    {
        double read = ceilings.ReadGigabytesPerSecond;
        double highest = Math.Max(ceilings.Int8GigaopsPerSecond ?? 0, ceilings.F32GigaopsPerSecond ?? 0);
        double ridge = highest > 0 ? highest / read : right;
        plot.Series.Add(Line($"reading memory, {read:F1} GB/s", LineStyle.Solid, (left, read * left), (ridge, read * ridge)));
        AddLevel("int8", ceilings.Int8GigaopsPerSecond, LineStyle.Solid);
        AddLevel("f32", ceilings.F32GigaopsPerSecond, LineStyle.Dash);

        void AddLevel(string name, double? peak, LineStyle style)
        {
            if (peak is double rate)
            {
                plot.Series.Add(Line($"{name} peak, {rate:F0} GOP/s", style, (rate / read, rate), (right, rate)));
            }
        }
    }

    private static LineSeries Line(string title, LineStyle style, params (double X, double Y)[] points)
    {
        var line = new LineSeries
        {
            Title = title,
            SeriesGroupName = "what the machine can do",
            Color = Grey,
            StrokeThickness = 2,
            LineStyle = style,
        };
        line.Points.AddRange(points.Select(p => new DataPoint(p.X, p.Y)));
        return line;
    }

    private static void AddPoints(PlotModel plot, BenchReport report, Placed[] points)
    {
        foreach (Format format in Enum.GetValues<Format>())
        {
            for (int i = 0; i < report.Layers.Count; i++)
            {
                LayerReport layer = report.Layers[i];
                OxyColor colour = Colours[i % Colours.Length];
                var series = new ScatterSeries
                {
                    Title = $"{layer.Name} ({layer.OutFeatures} × {layer.InFeatures})",
                    SeriesGroupName = format == Format.Int4 ? "int4" : "f32",
                    MarkerType = format == Format.Int4 ? MarkerType.Circle : MarkerType.Diamond,
                    MarkerSize = MarkerSize,
                    MarkerFill = format == Format.Int4 ? colour : OxyColors.White,
                    MarkerStroke = colour,
                    MarkerStrokeThickness = 2,
                };
                series.Points.AddRange(points.Where(p => p.Layer == layer && p.Format == format)
                    .Select(p => new ScatterPoint(p.Intensity, p.Rate)));
                plot.Series.Add(series);
            }
        }
    }

    // Points with the same number of rows lie close together, so one label below serves all.
    private static void AddLabels(PlotModel plot, Placed[] points)
    {
        foreach (IGrouping<(Format Format, int Rows), Placed> group in points.GroupBy(p => (p.Format, p.Rows)))
        {
            double middle = Math.Exp(group.Average(p => Math.Log(p.Intensity)));
            plot.Annotations.Add(new TextAnnotation
            {
                Text = $"{(group.Key.Format == Format.Int4 ? "int4" : "f32")}, m = {group.Key.Rows}",
                TextPosition = new DataPoint(middle, group.Min(p => p.Rate) / LabelDistance),
                TextHorizontalAlignment = HorizontalAlignment.Center,
                TextVerticalAlignment = VerticalAlignment.Top,
                FontSize = 13,
                TextColor = Grey,
                Stroke = OxyColors.Transparent,
            });
        }
    }

    private static IEnumerable<Placed> Place(BenchReport report) =>
        from layer in report.Layers
        from times in layer.Rows
        from format in Enum.GetValues<Format>()
        let operations = 2.0 * times.Rows * layer.OutFeatures * layer.InFeatures
        let values = (double)sizeof(float) * times.Rows * (layer.OutFeatures + layer.InFeatures)
        let weights = format == Format.Int4 ? layer.Int4Bytes : layer.F32Bytes
        let measured = format == Format.Int4 ? times.Int4 : times.F32
        select new Placed(layer, format, times.Rows, operations / (weights + values), measured.GigaopsPerSecond);

    private sealed record Placed(LayerReport Layer, Format Format, int Rows, double Intensity, double Rate);
}
