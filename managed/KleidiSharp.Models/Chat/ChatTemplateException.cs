// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp.Models;

/// <summary>
/// A chat template is not well-formed, does what its language does not allow, or wants more time or memory than it is
/// given. The message names the template, the line and the column.
/// </summary>
public sealed class ChatTemplateException : FormatException
{
    /// <summary>Describes one fault.</summary>
    /// <param name="message">The template, the place and the fault.</param>
    /// <param name="line">The line, from 1.</param>
    /// <param name="column">The column, from 1.</param>
    public ChatTemplateException(string message, int line, int column)
        : base(message)
    {
        Line = line;
        Column = column;
    }

    /// <summary>The line of the fault, from 1.</summary>
    public int Line { get; }

    /// <summary>The column of the fault, from 1.</summary>
    public int Column { get; }
}
