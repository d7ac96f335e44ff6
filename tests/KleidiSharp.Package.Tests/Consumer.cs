// SPDX-License-Identifier: Apache-2.0
using KleidiSharp.Models.Tests;

namespace KleidiSharp.PackageTests;

/// <summary>
/// An application in a folder outside the tree, which restores the packages from the feed under test and everything else
/// from the sources of this machine, into a cache that is empty when the test run begins.
/// </summary>
internal sealed class Consumer : IDisposable
{
    private static readonly string s_cache = Directory.CreateTempSubdirectory("kleidisharp-cache-").FullName;

    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("kleidisharp-app-");

    static Consumer() => AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(s_cache, recursive: true);

    /// <summary>An empty folder with the feed as one of its package sources.</summary>
    public Consumer() => Write("nuget.config", $"""
        <configuration>
          <packageSources>
            <add key="packages under test" value="{PackageFeed.Folder}" />
          </packageSources>
        </configuration>
        """);

    /// <summary>An application.</summary>
    /// <param name="application">The folder below Consumers that its code is in; null for none yet.</param>
    /// <param name="framework">What it is for.</param>
    /// <param name="sdk">The SDK of its project.</param>
    /// <param name="packages">The packages under test that it refers to.</param>
    /// <param name="more">More lines for its project.</param>
    public Consumer(
        string? application, string framework, string[] packages, string sdk = "Microsoft.NET.Sdk", string more = "")
        : this()
    {
        string consumers = Path.Combine(PackageFeed.SourceTree, "tests", "KleidiSharp.Package.Tests", "Consumers");
        foreach (string file in application is null ? [] : Directory.GetFiles(Path.Combine(consumers, application)))
        {
            File.Copy(file, PathOf(Path.GetFileName(file)));
        }

        string references = string.Join("\n    ", packages.Select(
            id => $"<PackageReference Include=\"{id}\" Version=\"{PackageFeed.Version}\" />"));
        Write("app.csproj", $"""
            <Project Sdk="{sdk}">
              <PropertyGroup>
                <OutputType>Exe</OutputType>
                <TargetFramework>{framework}</TargetFramework>
                <Nullable>enable</Nullable>
                <ImplicitUsings>enable</ImplicitUsings>
                <InvariantGlobalization>true</InvariantGlobalization>
                <TreatWarningsAsErrors>true</TreatWarningsAsErrors>
                <NuGetAudit>false</NuGetAudit>
                {more}
              </PropertyGroup>
              <ItemGroup>
                {references}
              </ItemGroup>
            </Project>
            """);
    }

    /// <summary>Where the application is.</summary>
    public string Folder => folder.FullName;

    /// <summary>A path below the folder.</summary>
    public string PathOf(params string[] parts) => Path.Combine([folder.FullName, .. parts]);

    /// <summary>Writes a file of the application.</summary>
    public void Write(string name, string text) => File.WriteAllText(PathOf(name), text);

    /// <summary>Writes a tiny model of random weights, with a chat template.</summary>
    public void AddModel(string name)
    {
        using TemporaryFile model = new TinyLlama().ToFile(changeKeys: keys => keys["tokenizer.chat_template"] =
            "{% for message in messages %}{{ message['role'] + ': ' + message['content'] + '\n' }}{% endfor %}");
        File.Copy(model.Name, PathOf(name));
    }

    /// <summary>Runs the SDK here.</summary>
    public Command Dotnet(params string[] arguments) => Command.Run(
        "dotnet", arguments, Folder, new Dictionary<string, string?> { ["NUGET_PACKAGES"] = s_cache });

    /// <summary>Publishes into a folder "published" and returns it.</summary>
    public string Publish(params string[] arguments)
    {
        Dotnet(["publish", "-c", "Release", "-nologo", "-v", "quiet", "-o", "published", .. arguments]).Succeeded();
        return PathOf("published");
    }

    /// <summary>The native files below a folder, as paths relative to it.</summary>
    public static string[] NativeFiles(string folder) =>
        [.. Directory.GetFiles(folder, "*kleidisharp*", SearchOption.AllDirectories)
            .Select(file => Path.GetRelativePath(folder, file))
            .Where(file => Path.GetExtension(file) is not (".dll" or ".xml" or ".pdb")).Order(StringComparer.Ordinal)];

    public void Dispose() => folder.Delete(recursive: true);
}
