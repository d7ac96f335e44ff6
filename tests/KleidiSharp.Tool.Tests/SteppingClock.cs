// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp.Tool.Tests;

/// <summary>Time that passes when it is asked for: a second more each time, then two, three and so on.</summary>
internal sealed class SteppingClock : TimeProvider
{
    private long asked;
    private long seconds;

    public override long TimestampFrequency => 1;

    public override long GetTimestamp() => seconds += ++asked;
}
