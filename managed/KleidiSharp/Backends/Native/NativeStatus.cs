// SPDX-License-Identifier: Apache-2.0
using System.Runtime.InteropServices;
using KleidiSharp.Interop;

namespace KleidiSharp;

/// <summary>Turns a status of the C ABI into the exception that .NET has for the same mistake.</summary>
internal static unsafe class NativeStatus
{
    /// <summary>To be called on the thread of the call that returned the status.</summary>
    public static void ThrowIfFailed(int status)
    {
        if (status != (int)ks_status.KS_OK)
        {
            throw ToException(status, Text(NativeMethods.ks_last_error()));
        }
    }

    public static Exception ToException(int status, string message) => (ks_status)status switch
    {
        ks_status.KS_ERROR_NO_KERNEL or ks_status.KS_ERROR_BLOB_LAYOUT or ks_status.KS_ERROR_LAYOUT_MISMATCH =>
            new PlatformNotSupportedException(message),
        ks_status.KS_ERROR_BLOB_TRUNCATED or ks_status.KS_ERROR_BLOB_MAGIC or ks_status.KS_ERROR_BLOB_VERSION
            or ks_status.KS_ERROR_BLOB_CORRUPT =>
            new InvalidDataException(message),
        ks_status.KS_ERROR_TEAM => new ObjectDisposedException(nameof(ComputeContext), message),
        ks_status.KS_ERROR_STRUCT_SIZE => new InvalidOperationException(message),
        _ => new ArgumentException(message),
    };

    public static string Text(sbyte* utf8) => Marshal.PtrToStringUTF8((nint)utf8) ?? string.Empty;
}
