// SPDX-License-Identifier: Apache-2.0
using OxyPlot;

namespace KleidiSharp.Tool.Bench;

/// <summary>
/// Sizes of texts in pixels, as SVG has them. <see cref="SvgExporter"/> leaves them to <see cref="PdfRenderContext"/>, which
/// measures in points of 1/72 inch: too small, so that lines of a legend would overlap.
/// </summary>
internal sealed class SvgTextMeasurer() : PdfRenderContext(width: 1, height: 1, OxyColors.Transparent)
{
    private const double PixelsPerPoint = 96.0 / 72;

    public override OxySize MeasureText(string text, string fontFamily, double fontSize, double fontWeight)
    {
        OxySize points = base.MeasureText(text, fontFamily, fontSize, fontWeight);
        return new OxySize(points.Width * PixelsPerPoint, points.Height * PixelsPerPoint);
    }
}
