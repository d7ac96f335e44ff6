// SPDX-License-Identifier: Apache-2.0
using KleidiSharp.Interop;

namespace KleidiSharp;

/// <summary>The native library of this process, for reports: which one was loaded, or why none was.</summary>
public sealed class NativeLibraryInfo
{
    private NativeLibraryInfo(string? failure)
    {
        Failure = failure;
        if (failure is null)
        {
            Path = NativeLoader.LoadedPath;
            ReadVersions();
        }
    }

    /// <summary>Loads the library where that has not happened yet. Never throws.</summary>
    public static NativeLibraryInfo Current { get; } = new(NativeLoader.TryLoad(out string? failure) ? null : failure);

    /// <summary>
    /// Why there is none: what was tried, with the system's own words, and what helps. Null where it is loaded.
    /// </summary>
    public string? Failure { get; }

    /// <summary>The file; null where none is loaded or the system does not tell.</summary>
    public string? Path { get; }

    /// <summary>Its version; null where none is loaded.</summary>
    public string? Version { get; private set; }

    /// <summary>
    /// The version of the KleidiAI that is linked into it; empty where none is; null where no library is loaded.
    /// </summary>
    public string? KleidiAIVersion { get; private set; }

    /// <summary>The C library of this process, for instance "glibc 2.36".</summary>
    public static string CLibrary => HostDescription.CLibrary;

    /// <summary>The version of the C ABI; a library or a device of another version is refused.</summary>
    public static int AbiVersion => NativeMethods.KS_ABI_VERSION;

    private unsafe void ReadVersions()
    {
        Version = NativeStatus.Text(NativeMethods.ks_version());
        KleidiAIVersion = NativeStatus.Text(NativeMethods.ks_kleidiai_version());
    }
}
