// SPDX-License-Identifier: Apache-2.0
using System.IO.Compression;
using System.Text;
using System.Text.Json;
using System.Xml.Linq;

namespace KleidiSharp.PackageTests;

/// <summary>What stands in the packages.</summary>
public sealed class ContentTests
{
    private const long MostBytes = 6_000_000;

    public static TheoryData<string> Ids => [.. PackageFeed.Ids];

    public static TheoryData<string> NativeIdentifiers => [.. PackageFeed.NativeIdentifiers];

    [SkippableFact]
    public void The_library_has_one_native_file_per_runtime_identifier_and_says_where_there_is_none()
    {
        PackageFeed.Require();
        Assert.Equal(
            [
                "LICENSE", "NOTICE", "PACKAGE.md",
                "lib/net10.0/KleidiSharp.Interop.dll", "lib/net10.0/KleidiSharp.Interop.xml",
                "lib/net10.0/KleidiSharp.dll", "lib/net10.0/KleidiSharp.xml",
                "lib/net8.0/KleidiSharp.Interop.dll", "lib/net8.0/KleidiSharp.Interop.xml",
                "lib/net8.0/KleidiSharp.dll", "lib/net8.0/KleidiSharp.xml",
                "native-assets.json",
                "runtimes/linux-arm64/native/libkleidisharp.so",
                "runtimes/linux-bionic-arm64/native/_._",
                "runtimes/linux-bionic-x64/native/_._",
                "runtimes/linux-musl-arm64/native/libkleidisharp.so",
                "runtimes/linux-musl-x64/native/libkleidisharp.so",
                "runtimes/linux-x64/native/libkleidisharp.so",
            ],
            Files("KleidiSharp"));
    }

    [SkippableFact]
    public void All_runtime_identifiers_together_are_small()
    {
        PackageFeed.Require();
        Assert.InRange(new FileInfo(PackageFeed.PathOf("KleidiSharp")).Length, 1, MostBytes);
    }

    [SkippableTheory]
    [MemberData(nameof(NativeIdentifiers))]
    public void The_manifest_describes_the_file_that_is_there(string identifier)
    {
        PackageFeed.Require();
        byte[] file = PackageFeed.Read("KleidiSharp", $"runtimes/{identifier}/native/{PackageFeed.NativeFile}");
        JsonElement manifest = PackageFeed.Manifest();
        Assert.Equal(PackageFeed.Version, manifest.GetProperty("version").GetString());
        Assert.Equal(1, new Version(manifest.GetProperty("kleidiai").GetString()!).Major);

        JsonElement asset = manifest.GetProperty("assets").GetProperty(identifier);
        Assert.Equal(PackageFeed.Hash(file), asset.GetProperty("sha256").GetString());
        Assert.Equal(file.Length, asset.GetProperty("size").GetInt64());
        Assert.NotEqual("", asset.GetProperty("build").GetProperty("compiler").GetString());
        Assert.Contains("-ffp-contract=off", asset.GetProperty("build").GetProperty("compileFlags").GetString(), StringComparison.Ordinal);
        Assert.All(asset.GetProperty("exports").EnumerateArray(), e => Assert.StartsWith("ks_", e.GetString(), StringComparison.Ordinal));

        string[] needed = [.. asset.GetProperty("needed").EnumerateArray().Select(n => n.GetString()!)];
        string? newest = asset.GetProperty("newestSymbolVersion").GetString();
        string machine = identifier.EndsWith("arm64", StringComparison.Ordinal) ? "aarch64" : "x86_64";
        if (identifier.Contains("musl", StringComparison.Ordinal))
        {
            Assert.Equal([$"libc.musl-{machine}.so.1"], needed);
            Assert.Null(newest);
        }
        else
        {
            Assert.Equal(["libc.so.6", $"ld-linux-{machine.Replace('_', '-')}.so.{(machine == "aarch64" ? 1 : 2)}"], needed);
            Assert.StartsWith("GLIBC_", newest, StringComparison.Ordinal);
            Assert.True(new Version(newest!["GLIBC_".Length..]) <= (machine == "aarch64" ? new(2, 17) : new(2, 28)), newest);
        }

        Assert.True(asset.GetProperty("segmentAlignment").GetInt32() >= (machine == "aarch64" ? 0x4000 : 0x1000));
    }

    [SkippableTheory]
    [MemberData(nameof(Ids))]
    public void The_gallery_learns_what_it_shows(string id)
    {
        PackageFeed.Require();
        XElement metadata = Metadata(id);
        Assert.Equal("Apache-2.0", Text(metadata, "license"));
        Assert.Equal("PACKAGE.md", Text(metadata, "readme"));
        Assert.InRange(Text(metadata, "description")!.Length, 60, 500);
        Assert.Contains("arm64", Text(metadata, "tags")!.Split(' '));
        XElement repository = metadata.Elements().Single(e => e.Name.LocalName == "repository");
        Assert.Equal(40, repository.Attribute("commit")!.Value.Length);
        Assert.Contains("KleidiAI", Encoding.UTF8.GetString(PackageFeed.Read(id, "NOTICE")), StringComparison.Ordinal);
        Assert.Equal(File.ReadAllBytes(Path.Combine(PackageFeed.SourceTree, "LICENSE")), PackageFeed.Read(id, "LICENSE"));

        string readme = Encoding.UTF8.GetString(PackageFeed.Read(id, "PACKAGE.md"));
        Assert.StartsWith($"# {id}\n", readme, StringComparison.Ordinal);
        Assert.Contains(id == "KleidiSharp.Tool" ? "dotnet tool install" : $"dotnet add package {id}", readme, StringComparison.Ordinal);
        // The gallery drops what is not an absolute link.
        Assert.DoesNotMatch(@"\]\((?!https://)", readme);
    }

    [SkippableTheory]
    [InlineData("KleidiSharp", "Microsoft.Extensions.Logging.Abstractions", "System.Numerics.Tensors")]
    [InlineData("KleidiSharp.Models", "KleidiSharp")]
    [InlineData(
        "KleidiSharp.Extensions.AI", "KleidiSharp.Models", "Microsoft.Extensions.AI.Abstractions",
        "Microsoft.Extensions.DependencyInjection.Abstractions", "Microsoft.Extensions.Logging.Abstractions",
        "Microsoft.Extensions.Options")]
    public void Dependencies_are_few_and_the_same_for_each_framework(string id, params string[] expected)
    {
        PackageFeed.Require();
        XElement[] groups = [.. Metadata(id).Descendants().Where(e => e.Name.LocalName == "group")];
        Assert.Equal(["net10.0", "net8.0"], groups.Select(g => g.Attribute("targetFramework")!.Value).Order(StringComparer.Ordinal));
        Assert.All(groups, g => Assert.Equal(
            expected, g.Elements().Select(d => d.Attribute("id")!.Value).Order(StringComparer.Ordinal)));
    }

    [SkippableTheory]
    [MemberData(nameof(Ids))]
    public void Every_assembly_has_its_symbols_without_paths_of_the_machine_that_built_it(string id)
    {
        PackageFeed.Require();
        using ZipArchive symbols = PackageFeed.Open(id, "snupkg");
        string[] assemblies = [.. Files(id).Where(
            f => f.EndsWith(".dll", StringComparison.Ordinal) && Path.GetFileName(f).StartsWith("kleidi", StringComparison.OrdinalIgnoreCase))];
        Assert.NotEmpty(assemblies);
        foreach (string assembly in assemblies)
        {
            byte[] content = PackageFeed.Read(id, Path.ChangeExtension(assembly, ".pdb"), "snupkg");
            string text = Encoding.Latin1.GetString(content);
            Assert.StartsWith("BSJB", text, StringComparison.Ordinal);
            Assert.DoesNotContain(PackageFeed.SourceTree.TrimEnd('/'), text, StringComparison.Ordinal);
            Assert.DoesNotContain(
                PackageFeed.SourceTree.TrimEnd('/'), Encoding.Latin1.GetString(PackageFeed.Read(id, assembly)), StringComparison.Ordinal);
        }
    }

    [SkippableFact]
    public void Native_files_hold_no_path_of_the_machine_that_built_them()
    {
        PackageFeed.Require();
        Assert.All(PackageFeed.NativeIdentifiers, identifier => Assert.DoesNotContain(
            PackageFeed.SourceTree.TrimEnd('/'),
            Encoding.Latin1.GetString(PackageFeed.Read("KleidiSharp", $"runtimes/{identifier}/native/{PackageFeed.NativeFile}")),
            StringComparison.Ordinal));
    }

    private static string[] Files(string id)
    {
        using ZipArchive package = PackageFeed.Open(id);
        return [.. package.Entries.Select(e => e.FullName)
            .Where(f => f is not "[Content_Types].xml" && !f.StartsWith("_rels/", StringComparison.Ordinal)
                && !f.StartsWith("package/", StringComparison.Ordinal) && !f.EndsWith(".nuspec", StringComparison.Ordinal))
            .Order(StringComparer.Ordinal)];
    }

    private static XElement Metadata(string id) => XDocument
        .Load(new MemoryStream(PackageFeed.Read(id, $"{id}.nuspec"))).Root!.Elements().Single();

    private static string? Text(XElement metadata, string name) =>
        metadata.Elements().SingleOrDefault(e => e.Name.LocalName == name)?.Value;
}
