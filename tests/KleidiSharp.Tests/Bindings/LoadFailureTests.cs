// SPDX-License-Identifier: Apache-2.0
using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;
using KleidiSharp.Interop;

namespace KleidiSharp.Tests.Bindings;

/// <summary>
/// Each way in which the library can fail to load, with real files and in a process of its own: the process lives on, says
/// once what is wrong and what to do, and works in C# to the same bits.
/// </summary>
public sealed class LoadFailureTests : IDisposable
{
    private static readonly string s_fitting = HostDescription.Fitting(HostDescription.RuntimeIdentifiers[^1], "kleidisharp");

    private static readonly Lazy<float[]> s_product = new(() =>
    {
        using ComputeContext managed = Require.Context(ComputeBackend.Managed);
        return LoadProgram.Product(managed);
    });

    private readonly TemporaryFolder folder = new();

    private static string Rid => HostDescription.RuntimeIdentifiers[^1];

    private static string ThisMachine => RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? "aarch64" : "x64";

    private static string FileName => HostDescription.LibraryFileName("kleidisharp");

    public void Dispose() => folder.Dispose();

    [SkippableFact]
    public void The_whole_library_loads_without_a_warning()
    {
        string library = Copy(_ => { });
        LoadOutcome outcome = LoadRun.Of(library);
        Assert.Equal((ComputeBackend.Native, library), (outcome.Backend, outcome.Loaded));
        Assert.Null(outcome.Refusal);
        Assert.Empty(outcome.Warnings.Concat(outcome.OtherWarnings));
        Parity.AssertSameBits(s_product.Value, outcome.Product);
    }

    [Fact]
    public void No_file()
    {
        string missing = Path.Combine(folder.FullName, FileName);
        Fails(missing, $"cause: {missing}: there is no such file", $"remedy: correct the path, or use {s_fitting}");
    }

    [Fact]
    public void A_folder() =>
        Fails(folder.FullName, $"cause: {folder.FullName}: it is a directory", "remedy: name the file in it");

    [Theory]
    [InlineData("", "it is empty: 0 bytes")]
    [InlineData("not a library", "it is no library: it does not begin as an ELF file does")]
    [InlineData("MZ\u0090\0\u0003\0\0\0", "it is a library or program for Windows (PE)")]
    [InlineData("\u00cf\u00fa\u00ed\u00fe\u000c\0\0\u0001", "it is a library or program for macOS (Mach-O)")]
    [InlineData("\u00ca\u00fe\u00ba\u00be\0\0\0\u0002", "it is a library or program for macOS (Mach-O, universal)")]
    [InlineData("!<arch>\n/   ", "it is a static library (ar)")]
    public void Something_else(string content, string cause) =>
        Fails(Write(Encoding.Latin1.GetBytes(content)), cause, $"remedy: use {s_fitting}");

    [SkippableFact]
    public void For_another_processor()
    {
        (ushort machine, string name) = ThisMachine == "x64" ? ((ushort)183, "aarch64") : ((ushort)62, "x64");
        Fails(
            Copy(file => ElfPatch.Machine(file, machine)),
            $"it is for {name}, this process is {ThisMachine}",
            $"remedy: use {s_fitting}");
        Fails(Copy(file => ElfPatch.Machine(file, 40)), $"it is for arm, this process is {ThisMachine}");
    }

    [SkippableFact]
    public void The_library_that_was_built_for_aarch64()
    {
        Skip.If(ThisMachine == "aarch64", "here it loads");
        string library = Path.Combine(SourceTree.Root, "out", "linux-arm64-cross", "native", FileName);
        Skip.If(!File.Exists(library) && !SourceTree.InCI, $"there is no {library}; build/build.sh makes it");
        Fails(library, $"cause: {library}: it is for aarch64, this process is x64", $"remedy: use {s_fitting}");
    }

    [SkippableFact]
    public void An_object_file() =>
        Fails(Copy(file => ElfPatch.Type(file, 1)), "it is an object file, not a shared library", $"remedy: use {s_fitting}");

    // The system's loader would end the process: behind the pages that it maps there is no file.
    [SkippableTheory]
    [InlineData(6)]
    [InlineData(20)]
    [InlineData(64)]
    [InlineData(700)]
    [InlineData(5000)]
    [InlineData(-2)]
    [InlineData(-1)]
    public void Cut_short(int length)
    {
        int whole = 0, left = 0;
        string library = Copy(_ => { }, file =>
        {
            whole = file.Length;
            left = length switch { -1 => whole - 1, -2 => whole / 2, _ => length };
            return left;
        });
        int declared = left < 64 ? 64 : whole;
        Fails(
            library,
            $"cause: {library}: it is cut short: it has {left} bytes, its headers speak of {declared}",
            $"remedy: copy or install it again, whole: {s_fitting}");
    }

    [SkippableTheory]
    [InlineData(-1, "older", "update the library")]
    [InlineData(1, "newer", "update the KleidiSharp package")]
    public void Of_another_ABI(int offset, string than, string remedy)
    {
        uint version = (uint)(AbiLayout.Version + offset);
        string library = StubLibrary.Build(folder, FileName, version, StubLibrary.RightLayout);
        Fails(
            library,
            $"{library} was loaded and refused",
            $"its ABI is version {version}, this assembly needs version {AbiLayout.Version}: the library is {than} than the assembly",
            $"remedy: {remedy}");
    }

    [SkippableFact]
    public void Of_another_layout_at_the_same_version()
    {
        string library = StubLibrary.Build(folder, FileName, AbiLayout.Version, StubLibrary.RightLayout[..^1]);
        Fails(library, "its layout table has ", "remedy: build library and assembly from the same sources");
    }

    [SkippableFact]
    public void For_a_newer_glibc()
    {
        Skip.If(HostDescription.GlibcVersion is null, $"the C library here is {HostDescription.CLibrary}");
        string version = ElfFile.Open(Library())!.NeededVersions.First(version => version.Length >= "GLIBC_9.99".Length);
        Fails(
            Copy(file => ElfPatch.NeededVersion(file, version, "GLIBC_9.99")),
            "version `GLIBC_9.99' not found",
            $"it needs glibc 9.99 (GLIBC_9.99), this system has {HostDescription.GlibcVersion}",
            $"remedy: use {s_fitting}, which needs an older one");
    }

    [SkippableFact]
    public void For_musl_as_musl_names_itself()
    {
        Skip.If(HostDescription.GlibcVersion is null, $"the C library here is {HostDescription.CLibrary}");
        Fails(
            Copy(file => ElfPatch.Name(file, "libc.so.6", "libc.so")),
            $"it is made for musl (it needs libc.so), this process runs on glibc {HostDescription.GlibcVersion}",
            $"remedy: use {s_fitting}");
    }

    [SkippableFact]
    public void For_musl_as_Alpine_names_it()
    {
        Skip.If(HostDescription.GlibcVersion is null, $"the C library here is {HostDescription.CLibrary}");
        const string musl = "libc.musl-x86_64.so.1";
        Fails(
            Needing(musl),
            $"it is made for musl (it needs {musl}), this process runs on glibc {HostDescription.GlibcVersion}",
            $"remedy: use {s_fitting}");
    }

    [SkippableFact]
    public void Needing_what_is_not_there()
    {
        const string other = "libkleidisharp-no-such-dependency.so.3";
        Fails(Needing(other), $"it needs {other}, which is not there", $"remedy: install {other}");
    }

    [SkippableFact]
    public void Not_to_be_read_by_this_user()
    {
        string library = Copy(_ => { });
        (string program, string[] prefix) = AsAnotherUser(out string user);
        SetMode(library, Environment.IsPrivilegedProcess ? UnixFileMode.UserRead | UnixFileMode.UserWrite : 0);
        string mode = Environment.IsPrivilegedProcess ? "mode 600, of user 0" : "mode 0, of user ";
        Fails(library, program, prefix, $"cause: {library}: {user} may not read it ({mode}", "remedy: chmod a+r it");
    }

    [SkippableFact]
    public void In_a_folder_that_this_user_may_not_enter()
    {
        string library = Copy(_ => { }, inFolder: "closed");
        (string program, string[] prefix) = AsAnotherUser(out string user);
        string closed = Path.GetDirectoryName(library)!;
        SetMode(closed, Environment.IsPrivilegedProcess ? UnixFileMode.UserRead | UnixFileMode.UserExecute : 0);
        try
        {
            Fails(library, program, prefix, $"cause: {library}: {user} may not enter a folder of the path", "remedy: chmod a+x");
        }
        finally
        {
            SetMode(closed, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }

    [SkippableFact]
    public void On_a_mount_without_execution()
    {
        string library = Copy(_ => { });
        string mount = Path.Combine(folder.FullName, "mount");
        Directory.CreateDirectory(mount);
        string moved = Path.Combine(mount, FileName);
        string script = $"mount -t tmpfs -o noexec none '{mount}' && cp '{library}' '{mount}' && exec \"$@\"";
        string[] prefix = ["unshare", "--mount", "sh", "-c", script, "sh"];
        Skip.IfNot(Succeeds([.. prefix, "true"]), "this process may not mount");
        Fails(moved, null, prefix, $"it is on {mount}, from which nothing may be executed (noexec)", "remedy: put it elsewhere");
    }

    [SkippableTheory]
    [InlineData("")]
    [InlineData("runtimes")]
    public void Cut_short_in_the_applications_folder(string place)
    {
        string inFolder = place.Length == 0 ? "" : Path.Combine("runtimes", Rid, "native");
        string library = Copy(_ => { }, file => file.Length / 2, inFolder);
        string program = LoadRun.CopyProgram(folder);
        Fails(null, program, [], $"not loaded\n    cause: {library}: it is cut short");
    }

    [SkippableFact]
    public void Nowhere()
    {
        string program = LoadRun.CopyProgram(folder);
        string report = Fails(null, program, [], "tried kleidisharp (ordinary probing)", $"what helps: {s_fitting}, or build/build.sh");
        Assert.DoesNotContain("cause:", report, StringComparison.Ordinal);
    }

    [SkippableFact]
    public void A_foreign_library_beside_the_application_does_not_hide_the_right_one()
    {
        Copy(file => ElfPatch.Machine(file, 40));
        string right = Copy(_ => { }, inFolder: Path.Combine("runtimes", Rid, "native"));
        LoadOutcome outcome = LoadRun.Of(null, LoadRun.CopyProgram(folder));
        Assert.Equal((ComputeBackend.Native, right), (outcome.Backend, outcome.Loaded));
        Assert.Empty(outcome.Warnings);
    }

    private static string Library()
    {
        Require.Native();
        return NativeLoader.LoadedPath!;
    }

    private static string Fails(string? library, params string[] phrases) => Fails(library, null, [], phrases);

    private static string Fails(string? library, string? program, string[] prefix, params string[] phrases)
    {
        LoadOutcome outcome = LoadRun.Of(library, program, prefix);
        Assert.Equal((ComputeBackend.Managed, null), (outcome.Backend, outcome.Loaded));
        Parity.AssertSameBits(s_product.Value, outcome.Product);
        string report = outcome.Refusal!;
        Assert.StartsWith("The native library kleidisharp could not be loaded.\n", report, StringComparison.Ordinal);
        Assert.All(phrases, phrase => Assert.Contains(phrase, report, StringComparison.Ordinal));
        Assert.EndsWith(report, Assert.Single(outcome.Warnings), StringComparison.Ordinal);
        Assert.Equal(outcome.Warnings, outcome.OtherWarnings);
        return report;
    }

    private delegate void Edit(Span<byte> file);

    private string Copy(Edit edit, Func<byte[], int>? length = null, string inFolder = "")
    {
        byte[] file = File.ReadAllBytes(Library());
        edit(file);
        return Write(file[..(length?.Invoke(file) ?? file.Length)], inFolder);
    }

    private string Write(byte[] file, string inFolder = "")
    {
        string path = folder.Write(Path.Combine(inFolder, FileName), "");
        File.WriteAllBytes(path, file);
        return path;
    }

    // A library that needs another, which is there when it is linked and gone when it is loaded.
    private string Needing(string other)
    {
        string dependency = StubLibrary.Compile(folder, other, "int other(void) { return 1; }", $"-Wl,-soname,{other}");
        string library = StubLibrary.Compile(folder, FileName, "int stub(void) { return 2; }", "-Wl,--no-as-needed", dependency);
        File.Delete(dependency);
        return library;
    }

    private static void SetMode(string path, UnixFileMode mode)
    {
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(path, mode);
        }
    }

    // The superuser may read everything: he runs the program as somebody else.
    private (string Program, string[] Prefix) AsAnotherUser(out string user)
    {
        Skip.If(OperatingSystem.IsWindows(), "Windows has other rights");
        string program = LoadRun.CopyProgram(folder);
        user = Environment.IsPrivilegedProcess ? "user 65534" : UnixFile.ThisUser;
        string[] prefix = Environment.IsPrivilegedProcess
            ? ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"]
            : [];
        Skip.IfNot(
            Succeeds([.. prefix, "test", "-r", program]) && Succeeds([.. prefix, "test", "-x", LoadRun.Runtime]),
            $"{user} cannot run {program} with {LoadRun.Runtime}");
        return (program, prefix);
    }

    private static bool Succeeds(string[] command)
    {
        try
        {
            using var process = Process.Start(
                new ProcessStartInfo(command[0], command[1..]) { RedirectStandardError = true })!;
            process.StandardError.ReadToEnd();
            process.WaitForExit();
            return process.ExitCode == 0;
        }
        catch (Win32Exception)
        {
            return false;
        }
    }
}
