// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp.Models;

/// <summary>
/// Chooses tokens, one after another, for one text. Everything is computed in double and in a fixed order, so a seed gives
/// the same tokens on every machine. Not safe for use from several threads at once.
/// </summary>
public sealed class Sampler
{
    private readonly SamplingOptions options;
    private readonly Xoshiro256 random;
    private ulong[] candidates = [];
    private double[] weights = [];

    /// <summary>Starts at the seed of the options.</summary>
    public Sampler(SamplingOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        this.options = options;
        random = new Xoshiro256(options.Seed);
    }

    /// <summary>
    /// Chooses the next token. With a temperature: the candidates in order of falling logit, lower ids first among equals,
    /// are cut to TopK; each weighs e^((logit - largest) / temperature); they are cut to TopP; then one random number
    /// picks along the running sum of the weights.
    /// </summary>
    /// <param name="logits">One for each token of the vocabulary; minus infinity rules a token out.</param>
    /// <returns>The token's id.</returns>
    /// <exception cref="ArgumentException">A logit is NaN or plus infinity, or all are minus infinity.</exception>
    public int Next(ReadOnlySpan<float> logits)
    {
        int best = Likeliest(logits);
        return options.Temperature == 0 ? best : Draw(logits, logits[best]);
    }

    private static int Likeliest(ReadOnlySpan<float> logits)
    {
        int best = -1;
        float largest = float.NegativeInfinity;
        for (int id = 0; id < logits.Length; id++)
        {
            if (float.IsNaN(logits[id]) || float.IsPositiveInfinity(logits[id]))
            {
                throw new ArgumentException(
                    FormattableString.Invariant($"The logit of token {id} is {logits[id]}; logits must be numbers."),
                    nameof(logits));
            }

            if (logits[id] > largest)
            {
                largest = logits[id];
                best = id;
            }
        }

        return best >= 0 ? best : throw new ArgumentException("No token has a logit above minus infinity.", nameof(logits));
    }

    private int Draw(ReadOnlySpan<float> logits, float largest)
    {
        ReadOnlySpan<ulong> chosen = SelectCandidates(logits);
        double total = 0;
        for (int i = 0; i < chosen.Length; i++)
        {
            weights[i] = DeterministicMath.Exp(((double)logits[Id(chosen[i])] - largest) / options.Temperature);
            total += weights[i];
        }

        if (options.TopP < 1)
        {
            double enough = total * options.TopP;
            int count = 0;
            total = 0;
            do
            {
                total += weights[count++];
            }
            while (total < enough && count < chosen.Length);
            chosen = chosen[..count];
        }

        double point = random.NextDouble() * total;
        double sum = 0;
        for (int i = 0; i < chosen.Length; i++)
        {
            sum += weights[i];
            if (point < sum)
            {
                return Id(chosen[i]);
            }
        }

        return Id(chosen[^1]);
    }

    // A candidate is one number that sorts in the order wanted: the logit's bits, made to rise as the logit falls, then the id.
    private ReadOnlySpan<ulong> SelectCandidates(ReadOnlySpan<float> logits)
    {
        int count = options.TopK == 0 ? logits.Length : Math.Min(options.TopK, logits.Length);
        if (candidates.Length < count)
        {
            candidates = new ulong[count];
            weights = new double[count];
        }

        Span<ulong> kept = candidates.AsSpan(0, count);
        for (int id = 0; id < count; id++)
        {
            kept[id] = Candidate(logits[id], id);
        }

        if (count < logits.Length)
        {
            KeepFirst(kept, logits);
        }

        kept.Sort();
        return kept;
    }

    // The last of the candidates kept stands at the root of a heap and makes way for each that comes before it.
    private static void KeepFirst(Span<ulong> heap, ReadOnlySpan<float> logits)
    {
        for (int i = heap.Length / 2 - 1; i >= 0; i--)
        {
            SiftDown(heap, i);
        }

        for (int id = heap.Length; id < logits.Length; id++)
        {
            ulong candidate = Candidate(logits[id], id);
            if (candidate < heap[0])
            {
                heap[0] = candidate;
                SiftDown(heap, 0);
            }
        }
    }

    private static void SiftDown(Span<ulong> heap, int parent)
    {
        for (int child; (child = 2 * parent + 1) < heap.Length; parent = child)
        {
            if (child + 1 < heap.Length && heap[child + 1] > heap[child])
            {
                child++;
            }

            if (heap[parent] >= heap[child])
            {
                return;
            }

            (heap[parent], heap[child]) = (heap[child], heap[parent]);
        }
    }

    private static ulong Candidate(float logit, int id)
    {
        uint bits = BitConverter.SingleToUInt32Bits(logit + 0f); // -0 becomes +0, which it equals
        uint falling = (bits & 0x80000000) != 0 ? bits : ~bits & 0x7FFFFFFF;
        return ((ulong)falling << 32) | (uint)id;
    }

    private static int Id(ulong candidate) => (int)(uint)candidate;
}
