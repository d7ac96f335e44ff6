// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp.Tool;

/// <summary>Text in columns: the first to the left, numbers to the right.</summary>
internal sealed class TextTable(params string[] headers)
{
    private readonly List<string[]> rows = [headers];

    /// <summary>Adds a row of as many cells as there are headers.</summary>
    public void Add(params string[] cells) => rows.Add(cells);

    /// <summary>Writes the headers and rows; a column whose cells all start with a digit is set to the right.</summary>
    public void Write(TextWriter output)
    {
        int[] widths = [.. headers.Select((_, column) => rows.Max(row => row[column].Length))];
        bool[] numbers =
            [.. headers.Select((_, column) => rows.Skip(1).All(row => char.IsDigit(row[column].FirstOrDefault())))];
        foreach (string[] row in rows)
        {
            IEnumerable<string> cells = row.Select(
                (cell, column) => numbers[column] ? cell.PadLeft(widths[column]) : cell.PadRight(widths[column]));
            output.WriteLine("  " + string.Join("  ", cells).TrimEnd());
        }
    }
}
