// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp;

/// <summary>
/// A kernel device could not be started, died, or does not speak the protocol; the message holds what it printed.
/// </summary>
public sealed class KernelDeviceException : IOException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="message">What happened.</param>
    /// <param name="innerException">What was noticed of it, if anything.</param>
    public KernelDeviceException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }
}
