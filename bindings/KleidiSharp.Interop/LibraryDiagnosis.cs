// SPDX-License-Identifier: Apache-2.0
using System.Globalization;
using System.Runtime.InteropServices;

namespace KleidiSharp.Interop;

/// <summary>Says of a file that is not the library it should be what it is, and what to do about it.</summary>
/// <param name="identifier">The runtime identifier whose library would fit.</param>
/// <param name="architecture">The architecture of the process.</param>
/// <param name="cLibrary">The C library of the process.</param>
/// <param name="glibcVersion">Its version where that is glibc, else null.</param>
internal sealed class LibraryDiagnosis(string identifier, Architecture architecture, CLibraryKind cLibrary, string? glibcVersion)
{
    private const string Name = "kleidisharp";

    /// <summary>For files that this process is to load.</summary>
    public static LibraryDiagnosis Here { get; } = new(
        HostDescription.RuntimeIdentifiers[^1],
        RuntimeInformation.ProcessArchitecture,
        HostDescription.CLibraryKind,
        HostDescription.GlibcVersion);

    private string Fitting => HostDescription.Fitting(identifier, Name);

    private string ThisMachine => architecture == Architecture.Arm64 ? "aarch64" : architecture.ToString().ToLowerInvariant();

    // Elsewhere libraries have formats of their own, and the system's words are all there is.
    private bool ReadsElf => cLibrary != CLibraryKind.System;

    /// <summary>
    /// Why a file must not be given to the system's loader: one that was cut short ends the process there, since pages
    /// that its headers speak of have nothing behind them. Null where it may be tried. Never throws.
    /// </summary>
    public LibraryFault? Refuse(string path)
    {
        if (!ReadsElf || !File.Exists(path))
        {
            return null;
        }

        try
        {
            return ElfFile.Open(path) is { } file ? CutShort(file) : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            return null;
        }
    }

    /// <summary>Why the system's loader did not take a file. Never throws.</summary>
    /// <param name="path">The file that was to be loaded; it may be missing.</param>
    /// <param name="systemError">The loader's own words.</param>
    /// <returns>Null where the words of the loader are all there is to say.</returns>
    public LibraryFault? Explain(string path, string systemError)
    {
        if (Directory.Exists(path))
        {
            return new("it is a directory", "name the file in it");
        }

        if (!File.Exists(path))
        {
            return systemError.Contains("Permission denied", StringComparison.Ordinal)
                ? new($"{UnixFile.ThisUser} may not enter a folder of the path", "chmod a+x the folders of the path")
                : new("there is no such file", $"correct the path, or use {Fitting}");
        }

        try
        {
            return ReadsElf ? ExplainElf(path, systemError) : null;
        }
        catch (UnauthorizedAccessException)
        {
            string rights = UnixFile.Describe(path) is { } text ? $" ({text})" : "";
            return new($"{UnixFile.ThisUser} may not read it{rights}", "chmod a+r it, or run as a user who may");
        }
        catch (Exception e) when (e is IOException or NotSupportedException)
        {
            return null;
        }
    }

    private LibraryFault? ExplainElf(string path, string systemError)
    {
        if (ElfFile.Open(path) is not { } file)
        {
            return OtherFormat(path);
        }

        return CutShort(file)
            ?? OtherMachine(file)
            ?? OtherKind(file)
            ?? OtherCLibrary(file)
            ?? NewerCLibrary(file)
            ?? MissingDependency(file, systemError)
            ?? ForbiddenMount(path);
    }

    private LibraryFault OtherFormat(string path)
    {
        Span<byte> start = stackalloc byte[8];
        using (FileStream stream = File.OpenRead(path))
        {
            start = start[..stream.ReadAtLeast(start, start.Length, throwOnEndOfStream: false)];
        }

        string format = start switch
        {
            [] => "is empty: 0 bytes",
            [(byte)'M', (byte)'Z', ..] => "is a library or program for Windows (PE)",
            [0xcf or 0xce, 0xfa, 0xed, 0xfe, ..] => "is a library or program for macOS (Mach-O)",
            [0xca, 0xfe, 0xba, 0xbe, ..] => "is a library or program for macOS (Mach-O, universal)",
            _ when start.SequenceEqual("!<arch>\n"u8) => "is a static library (ar)",
            _ => "is no library: it does not begin as an ELF file does",
        };
        return new($"it {format}", $"use {Fitting}");
    }

    private LibraryFault? CutShort(ElfFile file) => file.Length >= file.DeclaredLength ? null : new(
        string.Create(
            CultureInfo.InvariantCulture,
            $"it is cut short: it has {file.Length} bytes, its headers speak of {file.DeclaredLength}"),
        $"copy or install it again, whole: {Fitting}");

    private LibraryFault? OtherMachine(ElfFile file)
    {
        string machine = file.Machine switch
        {
            3 => "x86",
            21 => "ppc64le",
            22 => "s390x",
            40 => "arm",
            62 => "x64",
            183 => "aarch64",
            243 => "riscv64",
            258 => "loongarch64",
            _ => string.Create(CultureInfo.InvariantCulture, $"machine {file.Machine} of the ELF format"),
        };
        return machine == ThisMachine && file.Is64Bit == Environment.Is64BitProcess
            ? null
            : new(
                $"it is for {machine}{(machine == ThisMachine ? " of another word size" : "")}, this process is {ThisMachine}",
                $"use {Fitting}");
    }

    private LibraryFault? OtherKind(ElfFile file)
    {
        string kind = file.Type switch
        {
            1 => "an object file",
            2 => "a program",
            3 => "a shared library",
            4 => "a core dump",
            _ => "something else",
        };
        return file.Type == 3 ? null : new($"it is {kind}, not a shared library", $"use {Fitting}");
    }

    private LibraryFault? OtherCLibrary(ElfFile file)
    {
        string? foreign = file.Needed.FirstOrDefault(library => CLibraryOf(library) is { } kind && kind != cLibrary);
        return foreign is null
            ? null
            : new(
                $"it is made for {NameOf(CLibraryOf(foreign)!.Value)} (it needs {foreign}), this process runs on "
                    + (glibcVersion is null ? NameOf(cLibrary) : $"glibc {glibcVersion}"),
                $"use {Fitting}");

        static string NameOf(CLibraryKind kind) => kind.ToString().ToLowerInvariant();
    }

    // Bionic has the name that musl gives itself.
    private CLibraryKind? CLibraryOf(string library) =>
        library == "libc.so.6" || library.StartsWith("ld-linux", StringComparison.Ordinal) ? CLibraryKind.Glibc
        : library == "libc.so" && cLibrary == CLibraryKind.Bionic ? CLibraryKind.Bionic
        : library == "libc.so" || library.StartsWith("libc.musl-", StringComparison.Ordinal)
            || library.StartsWith("ld-musl-", StringComparison.Ordinal) ? CLibraryKind.Musl
        : null;

    private LibraryFault? NewerCLibrary(ElfFile file)
    {
        const string prefix = "GLIBC_";
        Version? newest = file.NeededVersions.Where(version => version.StartsWith(prefix, StringComparison.Ordinal))
            .Select(version => Version.TryParse(version.AsSpan(prefix.Length), out Version? number) ? number : null)
            .Max();
        return newest is null || !Version.TryParse(glibcVersion, out Version? here) || newest <= here
            ? null
            : new(
                $"it needs glibc {newest} ({prefix}{newest}), this system has {glibcVersion}",
                $"use {Fitting}, which needs an older one, build the library here, or update the system");
    }

    private static LibraryFault? MissingDependency(ElfFile file, string systemError)
    {
        string? missing = systemError.Split('\n').Where(line => line.Contains("No such file", StringComparison.Ordinal))
            .SelectMany(line => file.Needed.Where(library => line.Contains(library, StringComparison.Ordinal)))
            .FirstOrDefault();
        return missing is null
            ? null
            : new(
                $"it needs {missing}, which is not there",
                $"install {missing}; the libraries of the KleidiSharp package need the C library only");
    }

    private static LibraryFault? ForbiddenMount(string path) => UnixFile.NoExecMount(path) is { } mount
        ? new($"it is on {mount}, from which nothing may be executed (noexec)", "put it elsewhere, or mount without noexec")
        : null;
}
