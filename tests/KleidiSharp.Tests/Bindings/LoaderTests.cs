// SPDX-License-Identifier: Apache-2.0
using System.Reflection;
using System.Runtime.InteropServices;
using KleidiSharp.Interop;

namespace KleidiSharp.Tests.Bindings;

public sealed class LoaderTests : IDisposable
{
    private static readonly string RuntimeFolder = Path.Combine("runtimes", HostDescription.RuntimeIdentifiers[^1], "native");

    // A name of its own: the system finds a library that the process has loaded already by its bare name.
    private const string LibraryName = "kleidisharp-loader-test";
    private static readonly string FileName = HostDescription.LibraryFileName(LibraryName);

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void The_report_says_what_runs_here_and_what_helps()
    {
        string report = Search(environment: "/no/such/library.so").Report();
        Assert.Contains($"runtime identifier: {RuntimeInformation.RuntimeIdentifier}\n", report, StringComparison.Ordinal);
        Assert.Contains($"C library: {HostDescription.CLibrary}\n", report, StringComparison.Ordinal);
        Assert.Contains($"CPU: {HostDescription.Cpu}\n", report, StringComparison.Ordinal);
        Assert.Contains("KLEIDISHARP_LIBRARY=<absolute path", report, StringComparison.Ordinal);
        Assert.Contains(FileName, report, StringComparison.Ordinal);
    }

    [Fact]
    public void An_explicit_path_that_does_not_exist_is_reported_with_the_systems_error()
    {
        LibrarySearch search = Search(environment: "/no/such/library.so");
        Assert.Equal(0, search.Handle);
        Assert.Null(search.LoadedPath);
        Assert.Contains(
            "tried /no/such/library.so (environment variable KLEIDISHARP_LIBRARY): ", search.Report(), StringComparison.Ordinal);
        if (OperatingSystem.IsLinux())
        {
            Assert.Contains("cannot open shared object file: No such file or directory", search.Report(), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_file_that_is_no_library_is_reported_with_the_systems_error()
    {
        string path = folder.Write("text.so", "not a library, but long enough to have had a header if it were one");
        LibrarySearch search = Search(appContext: path);
        Assert.Equal(0, search.Handle);
        Assert.Contains(
            $"tried {path} (AppContext data KleidiSharp.NativeLibraryPath): {path}: ", search.Report(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_relative_explicit_path_is_refused()
    {
        string report = Search(environment: "lib.so").Report();
        Assert.Contains(
            "tried lib.so (environment variable KLEIDISHARP_LIBRARY): the path is not absolute\n", report, StringComparison.Ordinal);
    }

    [SkippableFact]
    public void An_explicit_path_is_final()
    {
        StubLibrary.Build(folder, Path.Combine(RuntimeFolder, FileName), AbiLayout.Version, StubLibrary.RightLayout);
        LibrarySearch search = Search(environment: "/no/such/library.so");
        Assert.Equal(0, search.Handle);
        Assert.DoesNotContain("ordinary probing", search.Report(), StringComparison.Ordinal);
    }

    [SkippableFact]
    public void The_application_folder_is_searched()
    {
        string path = StubLibrary.Build(folder, Path.Combine(RuntimeFolder, FileName), AbiLayout.Version, StubLibrary.RightLayout);
        LibrarySearch search = Search();
        Assert.NotEqual(0, search.Handle);
        Assert.Equal(path, search.LoadedPath);
    }

    [Fact]
    public void Every_place_that_was_searched_is_reported()
    {
        string report = Search().Report();
        Assert.Contains($"tried {LibraryName} (ordinary probing): ", report, StringComparison.Ordinal);
        Assert.Contains($"tried {Path.Combine(folder.FullName, RuntimeFolder, FileName)} (application folder): ", report, StringComparison.Ordinal);
        Assert.DoesNotContain("strace", report, StringComparison.Ordinal);
    }

    [SkippableFact]
    public void Another_abi_version_is_refused()
    {
        string path = StubLibrary.Build(folder, "stub.so", AbiLayout.Version + 41, StubLibrary.RightLayout);
        LibrarySearch search = Search(environment: path);
        Assert.Equal(0, search.Handle);
        Assert.Contains(
            $"{path} was loaded and refused\n    cause: {path}: its ABI is version {AbiLayout.Version + 41}, ",
            search.Report(),
            StringComparison.Ordinal);
    }

    [SkippableFact]
    public void Another_layout_is_refused_by_name()
    {
        int[] layout = StubLibrary.RightLayout;
        layout[3] += 4;
        string report = Search(environment: StubLibrary.Build(folder, "stub.so", AbiLayout.Version, layout)).Report();
        (string name, int bytes) = AbiLayout.Entries[3];
        Assert.Contains($"{name} is {bytes + 4} in the library, {bytes} in this assembly", report, StringComparison.Ordinal);
    }

    [SkippableFact]
    public void A_layout_table_of_another_length_is_refused()
    {
        int[] right = StubLibrary.RightLayout;
        foreach (int[] layout in new int[][] { right[..^1], [.. right, 8] })
        {
            string stub = StubLibrary.Build(folder, $"stub{layout.Length}.so", AbiLayout.Version, layout);
            Assert.Contains(
                $"its layout table has {layout.Length} values, this assembly's has {right.Length}",
                Search(environment: stub).Report(),
                StringComparison.Ordinal);
        }
    }

    [SkippableFact]
    public void A_library_of_something_else_is_refused()
    {
        string path = StubLibrary.Compile(folder, "other.so", "int other(void) { return 1; }");
        Assert.Contains("it has no function ks_abi_version", Search(environment: path).Report(), StringComparison.Ordinal);
    }

    [SkippableFact]
    public void A_handler_comes_first_and_its_library_is_checked_too()
    {
        string good = StubLibrary.Build(folder, "good.so", AbiLayout.Version, StubLibrary.RightLayout);
        LibrarySearch search = Search((_, _, _) => NativeLibrary.Load(good), environment: "/no/such/library.so");
        Assert.Equal(good, search.LoadedPath);

        string bad = StubLibrary.Build(folder, "bad.so", AbiLayout.Version + 1, StubLibrary.RightLayout);
        search = Search((_, _, _) => NativeLibrary.Load(bad), environment: good);
        Assert.Equal(0, search.Handle);
        Assert.Contains("its ABI is version", search.Report(), StringComparison.Ordinal);
    }

    [SkippableFact]
    public void A_handler_that_gives_nothing_or_throws_is_passed_over()
    {
        string good = StubLibrary.Build(folder, "good.so", AbiLayout.Version, StubLibrary.RightLayout);
        DllImportResolver none = (_, _, _) => 0;
        DllImportResolver throws = (_, _, _) => throw new InvalidOperationException("a handler's own trouble");
        LibrarySearch search = Search(none + throws, environment: good);
        Assert.Equal(good, search.LoadedPath);
        Assert.Contains(
            "(handler of ResolveLibrary): InvalidOperationException: a handler's own trouble",
            search.Report(),
            StringComparison.Ordinal);
    }

    [SkippableFact]
    public void AppContext_data_comes_before_the_environment()
    {
        string good = StubLibrary.Build(folder, "good.so", AbiLayout.Version, StubLibrary.RightLayout);
        Assert.Equal(good, Search(appContext: good, environment: "/no/such/library.so").LoadedPath);
    }

    [Fact]
    public void The_outcome_is_the_same_for_every_thread_and_call()
    {
        var failures = new string?[16];
        Parallel.For(0, failures.Length, i => NativeLoader.TryLoad(out failures[i]));
        Assert.All(failures, f => Assert.Equal(failures[0], f));
        Assert.Equal(failures[0] is null, NativeLoader.TryLoad(out _));
    }

    private LibrarySearch Search(DllImportResolver? hook = null, string? appContext = null, string? environment = null)
    {
        var search = new LibrarySearch(Assembly.GetExecutingAssembly(), LibraryName);
        search.Run(hook, appContext, environment, folder.FullName);
        return search;
    }
}
