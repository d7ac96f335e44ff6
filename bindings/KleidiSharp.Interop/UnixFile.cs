// SPDX-License-Identifier: Apache-2.0
using System.Globalization;
using System.Text;

namespace KleidiSharp.Interop;

/// <summary>Who may do what with a file. Of Linux; elsewhere nothing is said.</summary>
internal static unsafe class UnixFile
{
    private const int CurrentFolder = -100; // AT_FDCWD
    private const uint WantModeAndOwner = 0x1a; // STATX_MODE, STATX_UID and STATX_GID
    private const int StatxSize = 256; // struct statx is the same on every processor
    private const int UserAt = 20;
    private const int GroupAt = 24;
    private const int ModeAt = 28;

    /// <summary>For instance "user 1000".</summary>
    public static string ThisUser => HostDescription.Export("geteuid") is var function and not 0
        ? string.Create(CultureInfo.InvariantCulture, $"user {((delegate* unmanaged[Cdecl]<uint>)function)()}")
        : "this user";

    /// <summary>For instance "mode 600, of user 0 and group 0"; null where the system does not tell. Never throws.</summary>
    public static string? Describe(string path)
    {
        nint function = HostDescription.Export("statx");
        byte* result = stackalloc byte[StatxSize];
        fixed (byte* name = Encoding.UTF8.GetBytes(path + '\0'))
        {
            if (function == 0
                || ((delegate* unmanaged[Cdecl]<int, byte*, int, uint, byte*, int>)function)(
                    CurrentFolder, name, 0, WantModeAndOwner, result) != 0)
            {
                return null;
            }
        }

        string mode = Convert.ToString(*(ushort*)(result + ModeAt) & 0xfff, 8);
        return string.Create(
            CultureInfo.InvariantCulture, $"mode {mode}, of user {*(uint*)(result + UserAt)} and group {*(uint*)(result + GroupAt)}");
    }

    /// <summary>The mount point of a file, where nothing may be executed there; else null.</summary>
    public static string? NoExecMount(string path)
    {
        const string mounts = "/proc/self/mounts";
        if (!File.Exists(mounts))
        {
            return null;
        }

        // Of mounts one over the other, the last is the one that is seen.
        string[]? found = File.ReadAllLines(mounts).Select(line => line.Split(' '))
            .Where(words => words.Length > 3 && Holds(Unescape(words[1]), path))
            .Aggregate((string[]?)null, (best, words) => best is null || words[1].Length >= best[1].Length ? words : best);
        return found is not null && found[3].Split(',').Contains("noexec") ? Unescape(found[1]) : null;
    }

    private static bool Holds(string mount, string path) =>
        mount == "/" || path.StartsWith(mount + '/', StringComparison.Ordinal);

    private static string Unescape(string text) => text.Replace("\\040", " ", StringComparison.Ordinal);
}
