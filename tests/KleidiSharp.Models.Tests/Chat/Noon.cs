// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp.Models.Tests;

/// <summary>A clock that stands at five past noon.</summary>
internal sealed class Noon : TimeProvider
{
    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

    public override DateTimeOffset GetUtcNow() => new(2025, 7, 3, 12, 5, 9, TimeSpan.Zero);
}
