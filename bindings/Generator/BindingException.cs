// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp.Bindings;

/// <summary>The bindings cannot be generated; the message says why, one problem a line.</summary>
public sealed class BindingException : Exception
{
    /// <summary>Creates the exception.</summary>
    public BindingException(string message)
        : base(message)
    {
    }
}
