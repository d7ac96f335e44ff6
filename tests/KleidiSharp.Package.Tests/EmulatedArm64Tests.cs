// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp.PackageTests;

/// <summary>
/// The same application as arm64 machines get it: the assemblies and the native file of the package, in process on .NET for
/// arm64, under emulation.
/// </summary>
public sealed class EmulatedArm64Tests
{
    private const string Identifier = "linux-arm64";

    private static readonly string s_deps = Environment.GetEnvironmentVariable("KLEIDISHARP_DEPS") is { Length: > 0 } named
        ? named
        : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache", "kleidisharp");

    private static string Emulator => Path.Combine(s_deps, "bin", "qemu-aarch64");

    // The C library and libstdc++ of arm64, which .NET's own runtime needs, are those that Mono for arm64 came with.
    private static string Root => Path.Combine(s_deps, "mono-arm64");

    /// <summary>Skips the test where there is no emulator, or no arm64 system for it.</summary>
    internal static void RequireEmulator() => Skip.IfNot(
        File.Exists(Emulator) && Directory.Exists(Root),
        $"There is no emulator or no arm64 system in {s_deps}; build/setup.sh provides both.");

    [SkippableTheory]
    [InlineData("cortex-a53", "--self-contained")]
    [InlineData("cortex-a76", "--self-contained")]
    [InlineData("neoverse-v1", "--self-contained")]
    [InlineData("neoverse-v1", "-p:PublishAot=true", "-p:ObjCopyName=aarch64-linux-gnu-objcopy")]
    public void Native_kernels_give_the_references_bits(string cpu, params string[] kind)
    {
        PackageFeed.Require();
        RequireEmulator();
        using var app = new Consumer("Operator", "net10.0", ["KleidiSharp"]);
        Command publish = app.Dotnet(
            ["publish", "-c", "Release", "-nologo", "-v", "quiet", "-o", "published", "-r", Identifier, .. kind]);
        Skip.If(publish.Output.Contains("error NU1101", StringComparison.Ordinal),
            $"The package sources of this machine have no runtime for {Identifier}: {publish.Output}");
        publish.Succeeded();
        string published = app.PathOf("published");
        Assert.Equal([PackageFeed.NativeFile], Consumer.NativeFiles(published));
        Assert.Equal(
            PackageFeed.NativeHash(Identifier),
            PackageFeed.Hash(File.ReadAllBytes(Path.Combine(published, PackageFeed.NativeFile))));

        Command run = Command.Run(Emulator, ["-cpu", cpu, "-L", Root, Path.Combine(published, "app")], published).Succeeded();
        Assert.Equal("Native", run.Value("backend"));
        Assert.Equal("10", run.Value("formats"));
        string kernel = run.Value("kernel");
        Assert.Contains(cpu switch { "cortex-a53" => "_neon", "cortex-a76" => "dotprod", _ => "nr8kr16" }, kernel, StringComparison.Ordinal);
    }
}
