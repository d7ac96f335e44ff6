// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp.Models.Tests;

public class SamplerTests
{
    private static readonly float[] Logits = [MathF.Log(0.1f), MathF.Log(0.4f), MathF.Log(0.2f), MathF.Log(0.3f)];

    [Fact]
    public void GreedyTakesTheLargestAndTheLowestIdAmongEquals()
    {
        var sampler = new Sampler(new SamplingOptions());
        Assert.Equal(1, sampler.Next(Logits));
        Assert.Equal(1, sampler.Next([-5, 2, 1, 2]));
        Assert.Equal(2, sampler.Next([float.NegativeInfinity, float.NegativeInfinity, -1e30f]));
    }

    [Fact]
    public void TemperatureDrawsInProportion() => AssertShares(new SamplingOptions { Temperature = 1 }, [0.1, 0.4, 0.2, 0.3]);

    [Fact]
    public void TemperatureSharpens()
    {
        double[] squares = [0.01, 0.16, 0.04, 0.09];
        AssertShares(new SamplingOptions { Temperature = 0.5f }, [.. squares.Select(s => s / squares.Sum())]);
    }

    [Fact]
    public void TopKKeepsTheLikeliest() => AssertShares(new SamplingOptions { Temperature = 1, TopK = 2 }, [0, 4 / 7.0, 0, 3 / 7.0]);

    [Theory]
    [InlineData(0.4f, new double[] { 0, 1, 0, 0 })]
    [InlineData(0.41f, new double[] { 0, 4 / 7.0, 0, 3 / 7.0 })]
    [InlineData(0.75f, new double[] { 0, 4 / 9.0, 2 / 9.0, 3 / 9.0 })]
    [InlineData(1e-9f, new double[] { 0, 1, 0, 0 })]
    public void TopPKeepsAsManyAsReachIt(float topP, double[] expected) =>
        AssertShares(new SamplingOptions { Temperature = 1, TopP = topP }, expected);

    [Fact]
    public void TopPStopsWhereItIsReachedExactly()
    {
        var sampler = new Sampler(new SamplingOptions { Temperature = 1, TopP = 0.5f });
        Assert.Equal([0, 1], Enumerable.Range(0, 100).Select(_ => sampler.Next([7, 7, 7, 7])).Distinct().Order());
    }

    [Fact]
    public void TopKComesBeforeTopP() =>
        AssertShares(new SamplingOptions { Temperature = 1, TopK = 2, TopP = 0.5f }, [0, 1, 0, 0]); // 4/7 is enough

    [Fact]
    public void TopKKeepsTheSameAsASort()
    {
        var random = new Random(3);
        for (int round = 0; round < 200; round++)
        {
            float[] logits = [.. Enumerable.Range(0, random.Next(1, 100)).Select(_ => (float)random.Next(-5, 5))];
            int k = random.Next(1, 110);
            int[] expected = [.. logits.Select((v, id) => (v, id)).OrderByDescending(c => c.v).ThenBy(c => c.id).Take(k).Select(c => c.id)];
            var sampler = new Sampler(new SamplingOptions { Temperature = 1e6f, TopK = k, Seed = (ulong)round });
            var seen = new HashSet<int>();
            for (int i = 0; i < 10 * expected.Length; i++)
            {
                seen.Add(sampler.Next(logits));
            }

            Assert.Subset(expected.ToHashSet(), seen);
        }
    }

    [Fact]
    public void SeedsRepeat()
    {
        int[] first = Take(7);
        Assert.Equal(first, Take(7));
        Assert.NotEqual(first, Take(8));
        Assert.Equal([2, 1, 2, 0, 0, 2, 1, 1], first[..8]); // the same on every machine

        static int[] Take(ulong seed)
        {
            var sampler = new Sampler(new SamplingOptions { Temperature = 1, Seed = seed });
            return [.. Enumerable.Range(0, 100).Select(_ => sampler.Next(Logits))];
        }
    }

    [Fact]
    public void RandomNumbersAreThoseOfXoshiro256()
    {
        // From seed 0, SplitMix64 gives e220a8397b1dcdaf, 6e789e6aa1b965f4, 06c45d188009454f, f88bb8a8724c81ec.
        var random = new Xoshiro256(0);
        Assert.Equal(0x99EC5F36CB75F2B4UL, random.Next());
        Assert.Equal(0xBF6E1F784956452AUL, random.Next());
    }

    [Fact]
    public void BadOptionsAndLogitsAreRefused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new SamplingOptions { Temperature = -1 });
        Assert.Throws<ArgumentOutOfRangeException>(() => new SamplingOptions { Temperature = float.NaN });
        Assert.Throws<ArgumentOutOfRangeException>(() => new SamplingOptions { TopK = -1 });
        Assert.Throws<ArgumentOutOfRangeException>(() => new SamplingOptions { TopP = 0 });
        Assert.Throws<ArgumentOutOfRangeException>(() => new SamplingOptions { TopP = 1.1f });
        Assert.Throws<ArgumentOutOfRangeException>(() => new SamplingOptions { MaxTokens = -1 });
        var sampler = new Sampler(new SamplingOptions { Temperature = 1 });
        string message = Assert.Throws<ArgumentException>(() => sampler.Next([0, float.NaN])).Message;
        Assert.Contains("token 1 is NaN", message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => sampler.Next([]));
        Assert.Throws<ArgumentException>(() => sampler.Next([float.NegativeInfinity]));
    }

    [Fact]
    public void AllocatesNothingAfterTheFirstToken()
    {
        var sampler = new Sampler(new SamplingOptions { Temperature = 1, TopK = 3, TopP = 0.9f });
        sampler.Next(Logits);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 100; i++)
        {
            sampler.Next(Logits);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private static void AssertShares(SamplingOptions options, double[] expected)
    {
        const int Draws = 40_000;
        var sampler = new Sampler(options);
        var counts = new int[expected.Length];
        for (int i = 0; i < Draws; i++)
        {
            counts[sampler.Next(Logits)]++;
        }

        for (int id = 0; id < expected.Length; id++)
        {
            double deviation = Math.Sqrt(expected[id] * (1 - expected[id]) / Draws);
            Assert.InRange(counts[id] / (double)Draws, expected[id] - 5 * deviation, expected[id] + 5 * deviation);
        }
    }
}
