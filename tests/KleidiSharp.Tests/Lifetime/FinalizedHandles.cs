// SPDX-License-Identifier: Apache-2.0
using System.Diagnostics;

namespace KleidiSharp.Tests.Lifetime;

/// <summary>The handles of the library that nobody disposed of. Only debug builds know them.</summary>
internal static class FinalizedHandles
{
    /// <summary>Leaves nothing to the finalizer that is not reachable now.</summary>
    public static void Collect()
    {
        for (int round = 0; round < 2; round++)
        {
            GC.Collect(2, GCCollectionMode.Forced, blocking: true, compacting: true);
            GC.WaitForPendingFinalizers();
        }
    }

    /// <summary>
    /// Says what a test has left to the finalizer on purpose, and that nothing else was; for tests of
    /// <see cref="SerialTests"/>. Any other such handle fails <see cref="FinalizedHandlesTests"/>.
    /// </summary>
    /// <param name="names">With what the name of each begins.</param>
    [Conditional("KLEIDISHARP_TRACK_HANDLES")]
    public static void Expect(params string[] names)
    {
#if KLEIDISHARP_TRACK_HANDLES
        string[] expected = [.. names.Order(StringComparer.Ordinal)];
        string[] actual = [.. HandleLedger.TakeFinalized().Order(StringComparer.Ordinal)];
        Assert.True(
            expected.Length == actual.Length
                && actual.Zip(expected).All(pair => pair.First.StartsWith(pair.Second, StringComparison.Ordinal)),
            $"expected:\n  {string.Join("\n  ", expected)}\nleft to the finalizer were:\n  {string.Join("\n  ", actual)}");
#endif
    }
}
