// SPDX-License-Identifier: Apache-2.0
using KleidiSharp.Tool.Bench;

namespace KleidiSharp.Tool.Tests;

public class LastLevelCacheTests
{
    [Theory]
    [InlineData("32768K", 33554432)]
    [InlineData("260M", 272629760)]
    [InlineData("1G", 1073741824)]
    [InlineData("32768", 0)]
    [InlineData("K", 0)]
    [InlineData("-1K", 0)]
    [InlineData("", 0)]
    public void Sizes_are_read_as_the_system_writes_them(string text, long bytes)
    {
        Assert.Equal(bytes, LastLevelCache.Parse(text));
    }
}
