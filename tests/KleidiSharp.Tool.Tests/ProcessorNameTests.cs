// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp.Tool.Tests;

public class ProcessorNameTests
{
    [Fact]
    public void The_name_is_that_of_the_first_processor()
    {
        Assert.Equal(
            "Fast Machine 9000: quick",
            ProcessorName.Parse(["processor\t: 0", "model name\t: Fast Machine 9000: quick ", "model name\t: another"]));
        Assert.Null(ProcessorName.Parse(["processor\t: 0", "BogoMIPS\t: 50.00"]));
        Assert.Null(ProcessorName.Parse(["model name\t:"]));
    }
}
