// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp.Tests;

public sealed class CommandWordsTests
{
    [Theory]
    [InlineData("ssh  pi kleidi-device ", new[] { "ssh", "pi", "kleidi-device" })]
    [InlineData("'a b' \"c d\"e f'g'", new[] { "a b", "c de", "fg" })]
    [InlineData("a\\ b '\\' \"\\\"\\x\\\\\"", new[] { "a b", "\\", "\"\\x\\" })]
    [InlineData("x '' \"\"", new[] { "x", "", "" })]
    [InlineData("\"it's\" 'say \"x\"'", new[] { "it's", "say \"x\"" })]
    public void A_command_is_cut_as_a_shell_does(string command, string[] words) => Assert.Equal(words, CommandWords.Split(command));

    [Theory]
    [InlineData("a 'b", "leaves a ' open")]
    [InlineData("a \"b", "leaves a \" open")]
    [InlineData("a \\", "ends with a backslash")]
    [InlineData("  ", "is empty")]
    public void A_command_that_ends_early_is_refused(string command, string message) =>
        Assert.Contains(message, Assert.Throws<ArgumentException>(() => CommandWords.Split(command)).Message, StringComparison.Ordinal);
}
