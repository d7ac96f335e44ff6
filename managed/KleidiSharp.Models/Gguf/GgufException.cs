// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp.Models;

/// <summary>
/// A GGUF file that breaks the format, or a model inside it that breaks its own description. The message names the
/// file, what is wrong, the value found and what was expected.
/// </summary>
/// <remarks>Derives from <see cref="FormatException"/>, since <see cref="InvalidDataException"/> is sealed.</remarks>
public sealed class GgufException : FormatException
{
    /// <summary>Describes one fault.</summary>
    /// <param name="fileName">The file.</param>
    /// <param name="what">The field, key or tensor at fault.</param>
    /// <param name="found">The value found there.</param>
    /// <param name="expected">What would have been right.</param>
    public GgufException(string fileName, string what, string found, string expected)
        : base($"{fileName}: {what} is {found}; expected {expected}.")
    {
        FileName = fileName;
        What = what;
    }

    /// <summary>The file at fault.</summary>
    public string FileName { get; }

    /// <summary>The field, key or tensor at fault.</summary>
    public string What { get; }
}
