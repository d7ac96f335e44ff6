// SPDX-License-Identifier: Apache-2.0
#if KLEIDISHARP_TRACK_HANDLES
using System.Globalization;

namespace KleidiSharp;

/// <content>What debug builds write down.</content>
internal abstract partial class NativeHandle
{
    private string? description;
    private long heldBytes;
    private bool finalizing;

    protected override void Dispose(bool disposing)
    {
        finalizing = !disposing;
        base.Dispose(disposing);
    }

    partial void Described(string content) => description = content;

    partial void Held(long bytes)
    {
        heldBytes = bytes;
        HandleLedger.Add(1, bytes);
    }

    partial void Freed()
    {
        HandleLedger.Add(-1, -heldBytes);
        if (finalizing)
        {
            string content = description ?? string.Create(CultureInfo.InvariantCulture, $"of {heldBytes} bytes");
            HandleLedger.AddFinalized($"{GetType().Name} {content}");
        }
    }
}
#endif
