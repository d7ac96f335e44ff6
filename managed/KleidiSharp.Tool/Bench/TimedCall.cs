// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp.Tool.Bench;

/// <summary>Times a call, so many times at once that neither the clock nor one interruption decides it.</summary>
internal sealed class TimedCall
{
    private readonly Action call;
    private readonly TimeProvider clock;
    private readonly int calls = 1;

    /// <param name="call">One call; it is made some times here, to see how long it takes.</param>
    /// <param name="shortest">Seconds that a timing lasts at least.</param>
    /// <param name="clock">Tells the time.</param>
    public TimedCall(Action call, double shortest, TimeProvider clock)
    {
        this.call = call;
        this.clock = clock;
        call();
        while (Seconds() * calls < shortest)
        {
            calls *= 2;
        }
    }

    /// <summary>Takes one timing.</summary>
    /// <returns>Seconds of one call.</returns>
    public double Seconds()
    {
        long start = clock.GetTimestamp();
        for (int i = 0; i < calls; i++)
        {
            call();
        }
        return clock.GetElapsedTime(start).TotalSeconds / calls;
    }
}
