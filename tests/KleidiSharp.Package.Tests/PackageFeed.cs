// SPDX-License-Identifier: Apache-2.0
using System.IO.Compression;
using System.Reflection;
using System.Security.Cryptography;
using System.Text.Json;

namespace KleidiSharp.PackageTests;

/// <summary>
/// The packages under test: those in the folder that KLEIDISHARP_PACKAGES names, else in out/packages, where build/pack.sh
/// puts them.
/// </summary>
internal static class PackageFeed
{
    /// <summary>Every package, without its symbols.</summary>
    public static readonly string[] Ids = ["KleidiSharp", "KleidiSharp.Models", "KleidiSharp.Extensions.AI", "KleidiSharp.Tool"];

    /// <summary>The runtime identifiers for which the package has a native file.</summary>
    public static readonly string[] NativeIdentifiers = ["linux-arm64", "linux-musl-arm64", "linux-musl-x64", "linux-x64"];

    /// <summary>The file's name, the same for each of them.</summary>
    public const string NativeFile = "libkleidisharp.so";

    /// <summary>The root of the source tree.</summary>
    public static string SourceTree { get; } = typeof(PackageFeed).Assembly
        .GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == "SourceTree").Value!;

    /// <summary>The folder of packages.</summary>
    public static string Folder { get; } =
        Environment.GetEnvironmentVariable("KLEIDISHARP_PACKAGES") is { Length: > 0 } named
            ? named
            : Path.Combine(SourceTree, "out", "packages");

    /// <summary>The version of all packages.</summary>
    public static string Version => s_version.Value;

    private static readonly Lazy<string> s_version = new(() =>
    {
        string file = Assert.Single(Directory.GetFiles(Folder, "KleidiSharp.?.*.nupkg"));
        return Path.GetFileNameWithoutExtension(file)["KleidiSharp.".Length..];
    });

    /// <summary>Skips the test where nothing was packed; where a folder was named, that is a failure.</summary>
    public static void Require()
    {
        bool named = Environment.GetEnvironmentVariable("KLEIDISHARP_PACKAGES") is { Length: > 0 };
        Skip.If(!named && !Directory.Exists(Folder), $"There is no {Folder}; build/pack.sh makes the packages.");
        Assert.All(Ids, id => Assert.True(File.Exists(PathOf(id)), $"{Folder} has no {id} {Version}"));
    }

    /// <summary>A package, or with "snupkg" its symbols.</summary>
    public static string PathOf(string id, string extension = "nupkg") => Path.Combine(Folder, $"{id}.{Version}.{extension}");

    /// <summary>Opens a package.</summary>
    public static ZipArchive Open(string id, string extension = "nupkg") => ZipFile.OpenRead(PathOf(id, extension));

    /// <summary>A file of a package.</summary>
    public static byte[] Read(string id, string entry, string extension = "nupkg")
    {
        using ZipArchive package = Open(id, extension);
        using Stream stream = (package.GetEntry(entry) ?? throw new FileNotFoundException($"{id} has no {entry}")).Open();
        var content = new MemoryStream();
        stream.CopyTo(content);
        return content.ToArray();
    }

    /// <summary>The manifest of native files that the package brings.</summary>
    public static JsonElement Manifest()
    {
        using JsonDocument document = JsonDocument.Parse(Read("KleidiSharp", "native-assets.json"));
        return document.RootElement.Clone();
    }

    /// <summary>The hash that the manifest states for a runtime identifier's native file.</summary>
    public static string NativeHash(string identifier) =>
        Manifest().GetProperty("assets").GetProperty(identifier).GetProperty("sha256").GetString()!;

    /// <summary>SHA-256 as the manifest writes it.</summary>
    public static string Hash(ReadOnlySpan<byte> content) => Convert.ToHexString(SHA256.HashData(content)).ToLowerInvariant();
}
