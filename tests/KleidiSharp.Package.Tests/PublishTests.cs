// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp.PackageTests;

/// <summary>
/// An application on this machine, run and published in each way there is: it has exactly the one native file that it
/// needs, uses it, and gets the reference's bits from it.
/// </summary>
public sealed class PublishTests
{
    private const string Here = "linux-x64";
    private const string Operator = nameof(Operator);
    private static readonly string[] s_library = ["KleidiSharp"];

    [SkippableFact]
    public void Run_from_source()
    {
        Require();
        using var app = new Consumer(Operator, "net10.0", s_library);
        CheckNative(app.Dotnet("run", "-c", "Release"), "net10.0");
    }

    [SkippableFact]
    public void Framework_dependent_for_every_system()
    {
        Require();
        using var app = new Consumer(Operator, "net10.0", s_library);
        string published = app.Publish();
        Assert.Equal(
            PackageFeed.NativeIdentifiers.Select(identifier => $"runtimes/{identifier}/native/{PackageFeed.NativeFile}"),
            Consumer.NativeFiles(published));
        Assert.All(PackageFeed.NativeIdentifiers, identifier => CheckHash(
            identifier, Path.Combine(published, "runtimes", identifier, "native", PackageFeed.NativeFile)));
        CheckNative(app.Dotnet("published/app.dll"), "net10.0");
    }

    [SkippableTheory]
    [InlineData("net10.0", "--no-self-contained")]
    [InlineData("net10.0", "--self-contained")]
    [InlineData("net8.0", "--self-contained")]
    [InlineData("net10.0", "--self-contained", "-p:PublishSingleFile=true")]
    [InlineData("net10.0", "--self-contained", "-p:PublishTrimmed=true", "-p:TrimMode=full")]
    [InlineData("net8.0", "--self-contained", "-p:PublishTrimmed=true", "-p:PublishSingleFile=true")]
    [InlineData("net10.0", "-p:PublishAot=true")]
    public void For_this_machine(string framework, params string[] options)
    {
        Require();
        using var app = new Consumer(Operator, framework, s_library);
        string published = app.Publish(["-r", Here, .. options]);
        Assert.Equal([PackageFeed.NativeFile], Consumer.NativeFiles(published));
        CheckHash(Here, Path.Combine(published, PackageFeed.NativeFile));
        CheckNative(Command.Run(Path.Combine(published, "app"), [], published), framework);
    }

    [SkippableFact]
    public void A_single_file_that_holds_the_native_file_too()
    {
        Require();
        using var app = new Consumer(Operator, "net10.0", s_library);
        string published = app.Publish(
            "-r", Here, "--self-contained", "-p:PublishSingleFile=true", "-p:IncludeNativeLibrariesForSelfExtract=true", "-p:DebugType=none");
        Assert.Equal([Path.Combine(published, "app")], Directory.GetFiles(published));
        CheckNative(Command.Run(Path.Combine(published, "app"), [], published), "net10.0");
    }

    /// <summary>Every line of every library, not only what one application uses.</summary>
    [SkippableFact]
    public void Nothing_of_the_libraries_is_a_danger_to_trimming_or_ahead_of_time_compilation()
    {
        Require();
        string[] libraries = [.. PackageFeed.Ids.Where(id => id != "KleidiSharp.Tool")];
        string[] roots = [.. libraries.Append("KleidiSharp.Interop").Select(id => $"<TrimmerRootAssembly Include=\"{id}\" />")];
        using var app = new Consumer(Operator, "net10.0", libraries,
            more: $"<PublishAot>true</PublishAot></PropertyGroup><ItemGroup>{string.Concat(roots)}</ItemGroup><PropertyGroup>");
        string published = app.Publish("-r", Here);
        CheckNative(Command.Run(Path.Combine(published, "app"), [], published), "net10.0");
    }

    /// <summary>Skips the test where there is no package, or this machine is not the one that the tests publish for.</summary>
    internal static void Require()
    {
        PackageFeed.Require();
        Skip.IfNot(OperatingSystem.IsLinux() && System.Runtime.InteropServices.RuntimeInformation.OSArchitecture
            == System.Runtime.InteropServices.Architecture.X64, $"This machine is not {Here}.");
    }

    private static void CheckNative(Command run, string framework)
    {
        run.Succeeded();
        Assert.Equal("Native", run.Value("backend"));
        Assert.Equal(PackageFeed.NativeFile, Path.GetFileName(run.Value("library")));
        Assert.StartsWith(framework["net".Length..^2] + ".", run.Value("runtime"), StringComparison.Ordinal);
        Assert.Equal("10", run.Value("formats"));
    }

    private static void CheckHash(string identifier, string file) =>
        Assert.Equal(PackageFeed.NativeHash(identifier), PackageFeed.Hash(File.ReadAllBytes(file)));
}
