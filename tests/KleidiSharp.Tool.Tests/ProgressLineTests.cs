// SPDX-License-Identifier: Apache-2.0
using System.CommandLine;

namespace KleidiSharp.Tool.Tests;

public class ProgressLineTests
{
    [Fact]
    public void A_short_operation_says_nothing_and_a_long_one_a_line()
    {
        var error = new StringWriter();
        var console = new ToolConsole(new InvocationConfiguration { Output = new StringWriter(), Error = error });
        using var progress = new ProgressLine(console, "packing");

        progress.Report(0.25, "first");
        Assert.Equal("", error.ToString());

        Thread.Sleep(1100);
        progress.Report(0.5, "second");
        progress.Report(0.75, "third");
        Assert.Equal("packing: 50 % second" + Environment.NewLine, error.ToString());
    }
}
