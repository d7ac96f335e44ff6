// SPDX-License-Identifier: Apache-2.0
using System.Runtime.InteropServices;

namespace KleidiSharp;

/// <summary>
/// Asks Linux to back large memory by pages of 2 MB: one fault in place of 512 when it is first written, and fewer misses
/// of the processor's table of pages when it is read. Where the system has none the memory is as it would have been.
/// </summary>
internal static unsafe partial class HugePages
{
    private const long PageBytes = 2 << 20;
    private const int AdviseHugePages = 14;

    /// <summary>What memory of so many bytes begins at a multiple of.</summary>
    public static int AlignmentOf(long bytes) =>
        OperatingSystem.IsLinux() && bytes >= PageBytes ? (int)PageBytes : PackedShape.Alignment;

    /// <summary>Asks for what memory holds of whole pages; what is left over would take up more than it needs.</summary>
    /// <param name="address">As <see cref="AlignmentOf"/> says.</param>
    /// <param name="bytes">Its size.</param>
    public static void AskFor(void* address, long bytes)
    {
        if (OperatingSystem.IsLinux() && bytes >= PageBytes)
        {
            // It refuses where it has no such pages, which is as well.
            _ = Advise(address, (nuint)(bytes / PageBytes * PageBytes), AdviseHugePages);
        }
    }

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int Advise(void* address, nuint length, int advice);
}
