// SPDX-License-Identifier: Apache-2.0
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace KleidiSharp.Interop;

/// <summary>What this process runs on, as far as it decides which native library fits.</summary>
internal static unsafe class HostDescription
{
    private const string Advice = "or KLEIDISHARP_LIBRARY=<absolute path of the file>";

    /// <summary>Whose C library this process runs on.</summary>
    public static CLibraryKind CLibraryKind { get; } =
        !OperatingSystem.IsLinux() && !OperatingSystem.IsAndroid() ? CLibraryKind.System
        : Export("gnu_get_libc_version") != 0 ? CLibraryKind.Glibc
        : OperatingSystem.IsAndroid() || Export("__system_property_get") != 0 ? CLibraryKind.Bionic
        : CLibraryKind.Musl;

    /// <summary>The runtime identifiers whose folders may hold a fitting library, the runtime's own first.</summary>
    public static IReadOnlyList<string> RuntimeIdentifiers { get; } =
        [.. new[] { RuntimeInformation.RuntimeIdentifier, PortableIdentifier }.Distinct()];

    /// <summary>The runtime identifiers that the KleidiSharp package has a native file for.</summary>
    public static IReadOnlyList<string> PackagedIdentifiers { get; } =
        ["linux-x64", "linux-arm64", "linux-musl-x64", "linux-musl-arm64"];

    /// <summary>The version of glibc, for instance <c>2.36</c>; null where the C library is another.</summary>
    public static string? GlibcVersion { get; } = CLibraryKind == CLibraryKind.Glibc
        ? Marshal.PtrToStringUTF8((nint)((delegate* unmanaged[Cdecl]<sbyte*>)Export("gnu_get_libc_version"))())
        : null;

    /// <summary>The C library of this process, for instance <c>glibc 2.36</c>.</summary>
    public static string CLibrary => CLibraryKind switch
    {
        CLibraryKind.Glibc => $"glibc {GlibcVersion}",
        CLibraryKind.Bionic => "bionic (Android)",
        CLibraryKind.Musl => "musl, or another that is not glibc",
        _ => "the operating system's own",
    };

    /// <summary>The processor: its architecture, and the features that .NET knows of and there are kernels for.</summary>
    public static string Cpu
    {
        get
        {
            (string Name, bool Supported)[] features =
            [
                ("neon", AdvSimd.IsSupported), ("dotprod", Dp.IsSupported),
                ("avx2", Avx2.IsSupported), ("fma", Fma.IsSupported),
                ("avx512", Avx512BW.VL.IsSupported && Avx512DQ.VL.IsSupported),
            ];
            string supported = string.Join(' ', features.Where(f => f.Supported).Select(f => f.Name));
            return $"{Architecture}; features that .NET knows of: {(supported.Length > 0 ? supported : "none")}";
        }
    }

    private static string Architecture => RuntimeInformation.ProcessArchitecture.ToString().ToLowerInvariant();

    // Identifiers such as debian.12-x64, which some builds of the runtime report, are folders of no package. A system that
    // is not named here has the runtime's own identifier alone: no other system's library is ever tried.
    private static string PortableIdentifier
    {
        get
        {
            string? system = OperatingSystem.IsAndroid() ? "android"
                : OperatingSystem.IsLinux() ? LinuxIdentifier(CLibraryKind)
                : OperatingSystem.IsWindows() ? "win"
                : OperatingSystem.IsMacOS() ? "osx"
                : null;
            return system is null ? RuntimeInformation.RuntimeIdentifier : $"{system}-{Architecture}";
        }
    }

    /// <summary>The first part of the runtime identifier of a Linux other than Android.</summary>
    public static string LinuxIdentifier(CLibraryKind library) => library switch
    {
        CLibraryKind.Bionic => "linux-bionic",
        CLibraryKind.Musl => "linux-musl",
        _ => "linux",
    };

    /// <summary>The file name of a library on this system.</summary>
    public static string LibraryFileName(string name) =>
        OperatingSystem.IsWindows() ? $"{name}.dll" : OperatingSystem.IsMacOS() ? $"lib{name}.dylib" : $"lib{name}.so";

    /// <summary>The library that fits a runtime identifier, as advice to a person.</summary>
    public static string Fitting(string identifier, string name) => PackagedIdentifiers.Contains(identifier)
        ? $"runtimes/{identifier}/native/{LibraryFileName(name)} of the KleidiSharp package"
        : $"a {LibraryFileName(name)} built for {identifier} (docs/platforms.md says how)";

    /// <summary>What helps where no library is there at all.</summary>
    public static string Remedy(string identifier, string name) => PackagedIdentifiers.Contains(identifier)
        ? $"what helps: {Fitting(identifier, name)}, or build/build.sh in the source tree, {Advice}"
        : $"the KleidiSharp package has no native file for {identifier}: the managed path works there, with the same "
            + $"results; what helps: {Fitting(identifier, name)}, {Advice}";

    /// <summary>A function of the C library, or 0.</summary>
    internal static nint Export(string name) =>
        NativeLibrary.TryGetExport(NativeLibrary.GetMainProgramHandle(), name, out nint function) ? function : 0;
}
