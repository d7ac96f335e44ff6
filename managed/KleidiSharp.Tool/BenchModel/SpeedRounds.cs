// SPDX-License-Identifier: Apache-2.0
using KleidiSharp.Tool.Bench;

namespace KleidiSharp.Tool.BenchModel;

/// <summary>
/// Speeds of several that do the same, taken round by round: what else the machine does disturbs all of them alike, and
/// ratios within a round mean more than ratios of averages.
/// </summary>
internal sealed class SpeedRounds
{
    private readonly IReadOnlyList<TokenSpeed[]> rounds;

    private SpeedRounds(IReadOnlyList<TokenSpeed[]> rounds) => this.rounds = rounds;

    /// <summary>Takes rounds.</summary>
    /// <param name="contenders">Each measures itself once; the others are compared with the first.</param>
    /// <param name="count">How many rounds.</param>
    /// <param name="progress">Is told the round and the contender that come next.</param>
    public static SpeedRounds Take(IReadOnlyList<Func<TokenSpeed>> contenders, int count, Action<int, int> progress)
    {
        var rounds = new List<TokenSpeed[]>();
        for (int round = 0; round < count; round++)
        {
            var speeds = new TokenSpeed[contenders.Count];
            for (int i = 0; i < speeds.Length; i++)
            {
                progress(round, i);
                speeds[i] = contenders[i]();
            }

            rounds.Add(speeds);
        }

        return new SpeedRounds(rounds);
    }

    /// <summary>One contender's speed with the prompt.</summary>
    public RateReport Prefill(int contender) => Rate(contender, speed => speed.Prefill);

    /// <summary>One contender's speed with tokens one by one.</summary>
    public RateReport Decode(int contender) => Rate(contender, speed => speed.Decode);

    private RateReport Rate(int contender, Func<TokenSpeed, double> rate)
    {
        double[] rates = [.. rounds.Select(round => rate(round[contender]))];
        double[] ratios = [.. rounds.Select(round => rate(round[0]) / rate(round[contender]))];
        return new RateReport(
            Statistics.Median(rates),
            rates,
            contender == 0
                ? null
                : new RatioReport(
                    Statistics.Median(ratios), Statistics.Quantile(ratios, 0.25), Statistics.Quantile(ratios, 0.75)));
    }
}
