// SPDX-License-Identifier: Apache-2.0
using System.Runtime.InteropServices;
using KleidiSharp.Interop;

namespace KleidiSharp.Tests.Bindings;

/// <summary>What processes would be told that do not run here; for those that do, see <see cref="LoadFailureTests"/>.</summary>
public sealed class LibraryDiagnosisTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [SkippableTheory]
    [InlineData(CLibraryKind.Musl, "linux-musl-x64", "musl")]
    [InlineData(CLibraryKind.Bionic, "linux-bionic-x64", "bionic")]
    internal void A_library_for_glibc_elsewhere(CLibraryKind here, string identifier, string name)
    {
        Skip.If(HostDescription.GlibcVersion is null, $"the C library here is {HostDescription.CLibrary}");
        string library = StubLibrary.NeedingLibc(folder);
        LibraryFault fault = Of(identifier, RuntimeInformation.ProcessArchitecture, here).Explain(library, "")!;
        Assert.Equal($"it is made for glibc (it needs libc.so.6), this process runs on {name}", fault.Cause);
        Assert.Equal($"use {HostDescription.Fitting(identifier, "kleidisharp")}", fault.Remedy);
    }

    [SkippableFact]
    public void A_library_for_musl_fits_musl()
    {
        Skip.If(HostDescription.GlibcVersion is null, $"the C library here is {HostDescription.CLibrary}");
        string library = StubLibrary.NeedingLibc(folder);
        byte[] file = File.ReadAllBytes(library);
        ElfPatch.Name(file, "libc.so.6", "libc.so");
        File.WriteAllBytes(library, file);
        foreach (CLibraryKind kind in new[] { CLibraryKind.Musl, CLibraryKind.Bionic })
        {
            Assert.Null(Of("linux-musl-x64", RuntimeInformation.ProcessArchitecture, kind).Explain(library, ""));
        }
    }

    [SkippableTheory]
    [InlineData(Architecture.Arm64, 62, "it is for x64, this process is aarch64")]
    [InlineData(Architecture.Arm, 183, "it is for aarch64, this process is arm")]
    [InlineData(Architecture.X64, 22, "it is for s390x, this process is x64")]
    [InlineData(Architecture.X64, 999, "it is for machine 999 of the ELF format, this process is x64")]
    public void A_library_for_another_processor(Architecture here, ushort machine, string cause)
    {
        string library = StubLibrary.NeedingLibc(folder);
        byte[] file = File.ReadAllBytes(library);
        ElfPatch.Machine(file, machine);
        File.WriteAllBytes(library, file);
        Assert.Equal(cause, Of("any", here, CLibraryKind.Glibc).Explain(library, "")!.Cause);
    }

    [SkippableTheory]
    [InlineData("2.17", "2.16", true)]
    [InlineData("2.17", "2.17", false)]
    [InlineData("2.9", "2.17", false)]
    [InlineData("2.99", "2.36", true)]
    public void A_library_for_another_version_of_glibc(string needed, string here, bool refused)
    {
        Skip.If(HostDescription.GlibcVersion is null, $"the C library here is {HostDescription.CLibrary}");
        string library = StubLibrary.NeedingLibc(folder);
        byte[] file = File.ReadAllBytes(library);
        ElfPatch.NeededVersion(file, Assert.Single(ElfFile.Open(library)!.NeededVersions), $"GLIBC_{needed}");

        File.WriteAllBytes(library, file);
        Assert.Equal([$"GLIBC_{needed}"], ElfFile.Open(library)!.NeededVersions);
        LibraryFault? fault = Of("linux-x64", RuntimeInformation.ProcessArchitecture, CLibraryKind.Glibc, here).Explain(library, "");
        Assert.Equal(
            refused ? $"it needs glibc {needed} (GLIBC_{needed}), this system has {here}" : null, fault?.Cause);
    }

    [Fact]
    public void A_system_with_another_format_is_left_to_its_own_words()
    {
        LibraryDiagnosis windows = Of("win-x64", Architecture.X64, CLibraryKind.System);
        string text = folder.Write("text.dll", "no library");
        Assert.Null(windows.Refuse(text));
        Assert.Null(windows.Explain(text, "the system's words"));
    }

    [Theory]
    [InlineData("osx-arm64")]
    [InlineData("win-arm64")]
    [InlineData("win-x64")]
    [InlineData("android-arm64")]
    [InlineData("linux-bionic-arm64")]
    [InlineData("linux-arm")]
    [InlineData("linux-x86")]
    [InlineData("linux-riscv64")]
    public void A_system_that_the_package_has_nothing_for(string identifier)
    {
        string remedy = HostDescription.Remedy(identifier, "kleidisharp");
        Assert.StartsWith(
            $"the KleidiSharp package has no native file for {identifier}: the managed path works there, with the same results; ",
            remedy,
            StringComparison.Ordinal);
        Assert.Contains($"built for {identifier} (docs/platforms.md says how)", remedy, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', remedy);
    }

    [Fact]
    public void A_system_that_the_package_has_a_library_for()
    {
        Assert.Equal(
            ["linux-x64", "linux-arm64", "linux-musl-x64", "linux-musl-arm64"], HostDescription.PackagedIdentifiers);
        Assert.All(HostDescription.PackagedIdentifiers, identifier => Assert.StartsWith(
            $"what helps: runtimes/{identifier}/native/libkleidisharp.so of the KleidiSharp package, ",
            HostDescription.Remedy(identifier, "kleidisharp"),
            StringComparison.Ordinal));
    }

    [Fact]
    public void Each_C_library_has_a_folder_of_its_own()
    {
        Assert.Equal(
            ["linux", "linux-musl", "linux-bionic"],
            new[] { CLibraryKind.Glibc, CLibraryKind.Musl, CLibraryKind.Bionic }.Select(HostDescription.LinuxIdentifier));
        Assert.InRange(HostDescription.RuntimeIdentifiers.Count, 1, 2);
    }

    private static LibraryDiagnosis Of(
        string identifier, Architecture architecture, CLibraryKind cLibrary, string? glibcVersion = null) =>
        new(identifier, architecture, cLibrary, glibcVersion);
}
