// SPDX-License-Identifier: Apache-2.0
using System.Text.Json;

namespace KleidiSharp.PackageTests;

/// <summary>The tool, installed from its package.</summary>
public sealed class ToolTests
{
    [SkippableFact]
    public void It_installs_finds_its_native_library_and_every_kernel_is_right()
    {
        PackageFeed.Require();
        using var folder = new Consumer();
        folder.Dotnet(
            "tool", "install", "KleidiSharp.Tool", "--version", PackageFeed.Version, "--tool-path", "tools",
            "--configfile", folder.PathOf("nuget.config")).Succeeded();
        string kleidi = folder.PathOf("tools", "kleidi");
        Assert.StartsWith(PackageFeed.Version, Command.Run(kleidi, ["--version"], folder.Folder).Succeeded().Output, StringComparison.Ordinal);

        // Ends with 0 only where every kernel of this machine gives the reference's bits. Where that takes long, what it says
        // of its progress comes first.
        string doctor = Command.Run(kleidi, ["doctor", "--json"], folder.Folder).Succeeded().Output;
        using JsonDocument report = JsonDocument.Parse(doctor[doctor.IndexOf('{', StringComparison.Ordinal)..]);
        Assert.True(report.RootElement.GetProperty("ok").GetBoolean());
        Assert.Equal("native", report.RootElement.GetProperty("machine").GetProperty("backend").GetString());
        Assert.StartsWith(
            folder.PathOf("tools"), report.RootElement.GetProperty("library").GetProperty("path").GetString(), StringComparison.Ordinal);

        // Each of its two frameworks has the library's files, one for each runtime identifier.
        string[] native = Directory.GetFiles(folder.PathOf("tools", ".store"), PackageFeed.NativeFile, SearchOption.AllDirectories);
        Assert.Equal(
            PackageFeed.NativeIdentifiers.SelectMany(identifier => new[] { identifier, identifier }),
            native.Select(IdentifierOf).Order(StringComparer.Ordinal));
        Assert.All(native, file => Assert.Equal(
            PackageFeed.NativeHash(IdentifierOf(file)), PackageFeed.Hash(File.ReadAllBytes(file))));

        static string IdentifierOf(string file) => Path.GetFileName(Path.GetDirectoryName(Path.GetDirectoryName(file)))!;
    }
}
