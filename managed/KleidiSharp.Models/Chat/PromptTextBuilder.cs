// SPDX-License-Identifier: Apache-2.0
using System.Text;

namespace KleidiSharp.Models;

/// <summary>Joins texts and keeps what is trusted apart from what is not.</summary>
internal sealed class PromptTextBuilder
{
    private readonly StringBuilder text = new();
    private readonly List<(int End, bool IsTrusted)> runs = [];

    public void Append(string value, bool isTrusted)
    {
        text.Append(value);
        EndRun(text.Length, isTrusted);
    }

    public void Append(PromptText value) => Append(value, 0, value.Length);

    public void Append(PromptText value, int start, int length)
    {
        int offset = text.Length;
        text.Append(value.Text, start, length);
        foreach ((int end, bool isTrusted) in value.RunsOf(start, length))
        {
            EndRun(offset + end, isTrusted);
        }
    }

    public PromptText ToPromptText() => text.Length == 0 ? PromptText.Empty : new PromptText(text.ToString(), [.. runs]);

    private void EndRun(int end, bool isTrusted)
    {
        int start = runs.Count == 0 ? 0 : runs[^1].End;
        if (end == start)
        {
            return;
        }

        if (runs.Count > 0 && runs[^1].IsTrusted == isTrusted)
        {
            runs[^1] = (end, isTrusted);
        }
        else
        {
            runs.Add((end, isTrusted));
        }
    }
}
