// SPDX-License-Identifier: Apache-2.0
using System.Diagnostics;

namespace KleidiSharp.Tool;

/// <summary>
/// Progress of one operation on the error stream: nothing during the first second; then one line that is redrawn where
/// the stream is a terminal, and elsewhere a line now and then.
/// </summary>
internal sealed class ProgressLine(ToolConsole console, string operation) : IDisposable
{
    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Redraw = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan NextLine = TimeSpan.FromSeconds(10);

    private readonly object gate = new();
    private readonly Stopwatch clock = Stopwatch.StartNew();
    private TimeSpan next = Quiet;
    private int drawn;

    /// <summary>Says how far the operation is.</summary>
    /// <param name="fraction">0 to 1.</param>
    /// <param name="detail">What is being done right now; may be empty.</param>
    public void Report(double fraction, string detail = "")
    {
        lock (gate)
        {
            TimeSpan now = clock.Elapsed;
            if (now < next)
            {
                return;
            }
            string line = $"{operation}: {fraction,4:P0} {detail}".TrimEnd();
            if (console.ErrorIsTerminal)
            {
                console.Error.Write("\r" + line.PadRight(drawn));
                drawn = line.Length;
                next = now + Redraw;
            }
            else
            {
                console.Error.WriteLine(line);
                next = now + NextLine;
            }
        }
    }

    /// <summary>Says how far the operation is, for a library that reports in numbers of its own.</summary>
    /// <param name="describe">The fraction and the detail for a report.</param>
    public IProgress<T> Receive<T>(Func<T, (double Fraction, string Detail)> describe) =>
        new Receiver<T>(this, describe);

    /// <summary>Ends the operation and takes a redrawn line off the terminal.</summary>
    public void Dispose()
    {
        lock (gate)
        {
            if (drawn > 0)
            {
                console.Error.Write("\r" + new string(' ', drawn) + "\r");
                drawn = 0;
            }
            next = TimeSpan.MaxValue;
        }
    }

    // Unlike Progress<T> it reports on the caller's thread, in order.
    private sealed class Receiver<T>(ProgressLine line, Func<T, (double Fraction, string Detail)> describe)
        : IProgress<T>
    {
        public void Report(T value)
        {
            (double fraction, string detail) = describe(value);
            line.Report(fraction, detail);
        }
    }
}
