// SPDX-License-Identifier: Apache-2.0
#if KLEIDISHARP_TRACK_HANDLES
using System.Collections.Concurrent;

namespace KleidiSharp;

/// <summary>The native memory of the library, counted: for tests, in debug builds only.</summary>
internal static class HandleLedger
{
    private static readonly ConcurrentQueue<string> s_finalized = new();
    private static long s_handles;
    private static long s_bytes;

    /// <summary>Handles that hold something now, and the bytes of it.</summary>
    public static (long Handles, long Bytes) Live => (Interlocked.Read(ref s_handles), Interlocked.Read(ref s_bytes));

    /// <summary>
    /// What the finalizer had to free since this was called last, for instance "BlobMemory int4/32 [64, 128]".
    /// </summary>
    public static string[] TakeFinalized()
    {
        var taken = new List<string>();
        while (s_finalized.TryDequeue(out string? name))
        {
            taken.Add(name);
        }

        return [.. taken];
    }

    public static void Add(int handles, long bytes)
    {
        Interlocked.Add(ref s_handles, handles);
        Interlocked.Add(ref s_bytes, bytes);
    }

    public static void AddFinalized(string name) => s_finalized.Enqueue(name);
}
#endif
