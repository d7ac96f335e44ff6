// SPDX-License-Identifier: Apache-2.0
using System.CommandLine;

namespace KleidiSharp.Tool;

/// <summary>A command of the tool: what it is for, examples that its help shows, and what it does.</summary>
internal abstract class ToolCommand : Command
{
    /// <param name="name">What is typed after <c>kleidi</c>.</param>
    /// <param name="description">What the command is for.</param>
    /// <param name="examples">Command lines that work as they stand, each with what it does after a <c>#</c>.</param>
    protected ToolCommand(string name, string description, params string[] examples)
        : base(name, description)
    {
        Examples = examples;
        SetAction(arguments => Run(arguments, new ToolConsole(arguments.InvocationConfiguration)));
    }

    /// <summary>Command lines for the help.</summary>
    public IReadOnlyList<string> Examples { get; }

    /// <summary>Does what the command is for.</summary>
    /// <returns>The exit code.</returns>
    protected abstract int Run(ParseResult arguments, ToolConsole console);
}
