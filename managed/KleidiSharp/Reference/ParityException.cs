// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp;

/// <summary>Two results that must have the same bits do not.</summary>
public sealed class ParityException : Exception
{
    /// <summary>Creates the exception.</summary>
    /// <param name="message">What differs.</param>
    public ParityException(string message)
        : base(message)
    {
    }

    /// <summary>The first element that differs; -1 where the lengths do.</summary>
    public int Index { get; init; } = -1;
}
