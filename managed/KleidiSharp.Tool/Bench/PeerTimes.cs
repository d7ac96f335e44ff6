// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp.Tool.Bench;

/// <summary>A layer shape with one number of rows, int4 and a peer round by round.</summary>
/// <param name="Peer">What the peer's program is called.</param>
/// <param name="Command">The peer's command.</param>
/// <param name="Rounds">Rounds: ours, then the peer's command.</param>
/// <param name="Int4Microseconds">Median time of one int4 multiplication in these rounds.</param>
/// <param name="Microseconds">Median of the peer's times.</param>
/// <param name="SpeedUp">Median of the peer's time over ours, round by round.</param>
/// <param name="SpeedUpLowerQuartile">A quarter of the rounds' ratios are below this.</param>
/// <param name="SpeedUpUpperQuartile">A quarter of the rounds' ratios are above this.</param>
internal sealed record PeerTimes(
    string Peer,
    string Command,
    int Rounds,
    double Int4Microseconds,
    double Microseconds,
    double SpeedUp,
    double SpeedUpLowerQuartile,
    double SpeedUpUpperQuartile)
{
    // As long together as a command usually measures.
    private const double ShortestTiming = 0.02;
    private const int TimingsPerRound = 5;

    /// <summary>Takes rounds.</summary>
    /// <param name="peer">Who is run; its name is taken from here.</param>
    /// <param name="ours">One int4 multiplication.</param>
    /// <param name="theirs">Measures the peer and returns seconds of one multiplication.</param>
    /// <param name="scale">How much larger the layer is than what is measured of it.</param>
    /// <param name="rounds">How many.</param>
    /// <param name="clock">Tells the time.</param>
    public static PeerTimes Measure(
        PeerCommand peer, Action ours, Func<double> theirs, double scale, int rounds, TimeProvider clock)
    {
        var timed = new TimedCall(ours, ShortestTiming, clock);
        var times = new List<(double Ours, double Theirs)>();
        for (int round = 0; round < rounds; round++)
        {
            double median = Statistics.Median([.. Enumerable.Range(0, TimingsPerRound).Select(_ => timed.Seconds())]);
            times.Add((median, theirs()));
        }

        double[] ratios = [.. times.Select(t => t.Theirs / t.Ours)];
        return new PeerTimes(
            peer.Name,
            peer.Command,
            rounds,
            Statistics.Median(times.Select(t => t.Ours)) * scale * 1e6,
            Statistics.Median(times.Select(t => t.Theirs)) * scale * 1e6,
            Statistics.Median(ratios),
            Statistics.Quantile(ratios, 0.25),
            Statistics.Quantile(ratios, 0.75));
    }
}
