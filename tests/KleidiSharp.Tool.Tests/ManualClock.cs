// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp.Tool.Tests;

/// <summary>Time that passes only when a test says so.</summary>
internal sealed class ManualClock : TimeProvider
{
    private long ticks;

    public override long TimestampFrequency => 1_000_000_000;

    public void Advance(double seconds) => ticks += (long)Math.Round(seconds * TimestampFrequency);

    public override long GetTimestamp() => ticks;
}
