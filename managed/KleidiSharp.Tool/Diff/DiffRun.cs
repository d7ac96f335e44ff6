// SPDX-License-Identifier: Apache-2.0
using System.Runtime.ExceptionServices;

namespace KleidiSharp.Tool.Diff;

/// <summary>
/// Draws cases, runs them on two implementations and compares; all processors of this machine take part.
/// </summary>
/// <param name="open">Opens the two; each thread opens its own.</param>
/// <param name="plan">Which cases.</param>
/// <param name="command">The command that repeats a case with a kernel.</param>
internal sealed class DiffRun(Func<Comparison> open, DiffPlan plan, Func<ComparedKernel, int, string> command)
{
    private readonly object gate = new();
    private readonly Dictionary<ComparedKernel, KernelTally> tallies = [];
    private ExceptionDispatchInfo? failure;
    private int next;

    /// <summary>Runs all cases and shrinks the first failure of each kernel.</summary>
    /// <param name="name">Where the right side runs.</param>
    /// <param name="progress">Is told how far it is, from 0 to 1, and what is done.</param>
    public HostReport Run(string name, Action<double, string> progress)
    {
        using Comparison first = open();
        foreach (ComparedKernel kernel in first.Kernels.Where(kernel => plan.Kinds.Contains(kernel.Kind)))
        {
            tallies.Add(kernel, new KernelTally(kernel));
        }

        int helpers = Math.Min(Environment.ProcessorCount, plan.Total) - 1;
        Thread[] threads = [.. Enumerable.Range(0, helpers).Select(_ => new Thread(() => Guard(() =>
        {
            using Comparison own = open();
            Work(own, progress);
        })))];
        Array.ForEach(threads, thread => thread.Start());
        Guard(() => Work(first, progress));
        Array.ForEach(threads, thread => thread.Join());
        failure?.Throw();
        if (tallies.Values.All(tally => tally.Cases == 0 || tally.Kernel.Name == Comparison.QuantizerName))
        {
            throw new InvalidOperationException(
                $"Nothing was compared: no kernel of both sides takes a case, on {name}.");
        }

        return new HostReport(
            name,
            [.. tallies.Values.Select(tally => tally.Report())],
            [.. tallies.Values.Where(tally => tally.FirstFailure is not null)
                .Select(tally => Shrink(tally, first, progress))]);
    }

    private void Guard(Action work)
    {
        try
        {
            work();
        }
        catch (Exception e)
        {
            // The first is reported; the other threads stop.
            Interlocked.CompareExchange(ref failure, ExceptionDispatchInfo.Capture(e), null);
            Volatile.Write(ref next, plan.Total);
        }
    }

    private void Work(Comparison comparison, Action<double, string> progress)
    {
        for (int i = Interlocked.Increment(ref next) - 1; i < plan.Total; i = Interlocked.Increment(ref next) - 1)
        {
            DrawnCase drawn = plan.Draw(i);
            IReadOnlyList<Comparison.Result> results = RunCase(comparison, drawn);
            float[] f32 = drawn.HasCodes && drawn.IsFloat32 ? ReferenceImplementation.MultiplyF32(drawn) : [];
            lock (gate)
            {
                foreach (Comparison.Result result in results)
                {
                    double? decibels = f32.Length > 0 && result.Y.Length > 0 ? Parity.Sqnr(f32, result.Y) : null;
                    tallies[result.Kernel].Add(drawn.Index, result.Difference, decibels);
                }
            }

            progress((double)i / plan.Total, drawn.Shape);
        }
    }

    private IReadOnlyList<Comparison.Result> RunCase(Comparison comparison, DrawnCase drawn)
    {
        try
        {
            return comparison.Run(drawn);
        }
        catch (Exception e)
            when (e is IOException or ArgumentException or InvalidOperationException or NotSupportedException)
        {
            ComparedKernel any = tallies.Keys.First(kernel => kernel.Kind == drawn.Format.Kind);
            throw new InvalidOperationException($"{drawn}: {e.Message}\nrepeat: {command(any, drawn.Index)}", e);
        }
    }

    private FailureReport Shrink(KernelTally tally, Comparison comparison, Action<double, string> progress)
    {
        int index = tally.FirstFailure!.Value;
        progress(1, $"shrinking case {index} of {tally.Kernel.Name}");
        DrawnCase drawn = CaseGenerator.Draw(tally.Kernel.Kind, plan.Seed, index);
        Difference difference = Compare(drawn) ?? throw new InvalidOperationException(
            $"{tally.Kernel.Name} differs once and not again, so its results do not depend on the case alone: {drawn}");
        (DrawnCase smallest, Difference left) = new Shrinker(Compare).Shrink(drawn, difference);
        return new FailureReport(
            tally.Kernel.Name,
            drawn.ToString(),
            drawn.Shape,
            difference,
            command(tally.Kernel, index),
            new SmallestCase(smallest.Shape, left, smallest.X, smallest.Weights, smallest.Bias));

        Difference? Compare(DrawnCase candidate) =>
            comparison.Run(candidate).FirstOrDefault(result => result.Kernel == tally.Kernel)?.Difference;
    }
}
