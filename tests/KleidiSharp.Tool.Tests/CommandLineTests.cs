// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp.Tool.Tests;

public class CommandLineTests
{
    [Theory]
    [InlineData("doctor")]
    [InlineData("run")]
    [InlineData("perplexity")]
    [InlineData("bench")]
    [InlineData("bench-model")]
    public void Help_says_what_the_command_is_for_and_gives_an_example(string command)
    {
        var run = ToolRun.Of(command, "--help");

        Assert.Equal(CommandLine.Success, run.ExitCode);
        Assert.Contains("Description:", run.Output, StringComparison.Ordinal);
        Assert.Contains($"  kleidi {command}", run.Output, StringComparison.Ordinal);
        Assert.Contains("--json", run.Output, StringComparison.Ordinal);
        Assert.Equal("", run.Error);
    }

    [Theory]
    [InlineData]
    [InlineData("--help")]
    public void Help_of_the_tool_lists_every_command_and_an_example_of_each(params string[] args)
    {
        var run = ToolRun.Of(args);

        Assert.Equal(CommandLine.Success, run.ExitCode);
        foreach (string command in new[] { "doctor", "run", "perplexity", "bench", "bench-model" })
        {
            Assert.Contains($"\n  {command} ", run.Output, StringComparison.Ordinal);
            Assert.Contains($"\n  kleidi {command}", run.Output, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("'benhc'", "benhc")]
    [InlineData("--weights", "run", "m.gguf", "--prompt", "x", "--weights", "int5")]
    [InlineData("--prompt", "run", "m.gguf")]
    [InlineData("--threads", "bench", "--threads", "0")]
    [InlineData("--threads", "bench", "--threads", "many")]
    [InlineData("--group", "run", "m.gguf", "--prompt", "x", "--group", "48")]
    [InlineData("--max-tokens", "run", "m.gguf", "--prompt", "x", "--max-tokens", "-1")]
    [InlineData("--temperature", "run", "m.gguf", "--prompt", "x", "--temperature", "-0.5")]
    [InlineData("--temperature", "run", "m.gguf", "--prompt", "x", "--temperature", "NaN")]
    [InlineData("--top-p", "run", "m.gguf", "--prompt", "x", "--top-p", "1.5")]
    [InlineData("--top-k", "run", "m.gguf", "--prompt", "x", "--top-k", "-1")]
    [InlineData("--rows", "bench", "--rows", "1,0")]
    [InlineData("--rows", "bench", "--rows", "one")]
    [InlineData("--shapes", "bench", "--shapes", "2048")]
    [InlineData("--shapes", "bench", "--shapes", "2048x2048,2049x2048")]
    [InlineData("--shapes", "bench", "--shapes", "2048x16")]
    [InlineData("--shapes", "bench", "--shapes", "65536x65536")]
    [InlineData("{k}", "bench", "--against", "peer {m} {n}")]
    [InlineData("leaves a ' open", "bench", "--against", "peer '{m} {k} {n}")]
    [InlineData("'bench-model'", "bench-model")]
    [InlineData("'int5'", "bench-model", "m.gguf", "--weights", "int4,int5")]
    [InlineData("--weights", "bench-model", "m.gguf", "--weights", "f32,")]
    [InlineData("--prompt", "bench-model", "m.gguf", "--prompt", "0")]
    [InlineData("--tokens", "bench-model", "m.gguf", "--tokens", "few")]
    [InlineData("--rounds", "bench-model", "m.gguf", "--rounds", "0")]
    [InlineData("{model}", "bench-model", "m.gguf", "--against", "peer {prompt} {tokens}")]
    [InlineData("{tokens}", "bench-model", "m.gguf", "--against", "peer {model} {prompt}")]
    [InlineData("--plot", "bench", "--plot", "roofline.png")]
    [InlineData("--plot", "bench", "--plot", "no-such-folder/roofline.svg")]
    [InlineData("--seed", "run", "m.gguf", "--prompt", "x", "--seed", "-1")]
    [InlineData("--window", "perplexity", "m.gguf", "t.txt", "--window", "1")]
    [InlineData("--disable", "doctor", "--disable", "avx2,nonsense")]
    [InlineData("--disable", "doctor", "--disable", "1")]
    public void Arguments_that_make_no_sense_are_named(string named, params string[] args)
    {
        var run = ToolRun.Of(args);

        Assert.Equal(CommandLine.Usage, run.ExitCode);
        Assert.Equal("", run.Output);
        Assert.Contains(named, run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", run.Error, StringComparison.Ordinal);
    }
}
