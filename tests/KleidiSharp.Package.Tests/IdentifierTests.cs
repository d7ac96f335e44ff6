// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp.PackageTests;

/// <summary>Which native file an application gets that is published for a runtime identifier.</summary>
public sealed class IdentifierTests : IClassFixture<IdentifierTests.Application>
{
    private static readonly string[] s_withoutFile =
    [
        "linux-bionic-arm64", "linux-bionic-x64", "android-arm64", "android-x64", "linux-arm", "linux-musl-arm",
        "osx-arm64", "osx-x64", "win-arm64", "win-x64",
    ];

    private readonly Application application;

    public IdentifierTests(Application application) => this.application = application;

    public static TheoryData<string> WithFile => [.. PackageFeed.NativeIdentifiers];

    public static TheoryData<string> WithoutFile => [.. s_withoutFile];

    [SkippableTheory]
    [MemberData(nameof(WithFile))]
    public void The_file_that_is_for_it_lands_and_no_other(string identifier)
    {
        string published = application.Publish(identifier);
        Assert.Equal([PackageFeed.NativeFile], Consumer.NativeFiles(published));
        byte[] landed = File.ReadAllBytes(Path.Combine(published, PackageFeed.NativeFile));
        Assert.Equal(PackageFeed.NativeHash(identifier), PackageFeed.Hash(landed));
    }

    /// <summary>Without a file of its own an application works in C#, wherever .NET runs it: so here as well.</summary>
    [SkippableTheory]
    [MemberData(nameof(WithoutFile))]
    public void No_file_lands_where_none_is_for_it_and_the_application_works_and_says_why(string identifier)
    {
        string published = application.Publish(identifier);
        Assert.Empty(Consumer.NativeFiles(published));
        Command run = application.Consumer.Dotnet(Path.Combine(published, "app.dll")).Succeeded();
        Assert.Equal("Managed", run.Value("backend"));
        Assert.Equal("none", run.Value("library"));
        Assert.Contains("The native library kleidisharp could not be loaded", run.Value("failure"), StringComparison.Ordinal);
        Assert.Equal("10", run.Value("formats"));
    }

    /// <summary>One application, restored once for every runtime identifier.</summary>
    public sealed class Application : IDisposable
    {
        private readonly Lazy<Consumer> consumer = new(() =>
        {
            string identifiers = string.Join(';', PackageFeed.NativeIdentifiers.Concat(s_withoutFile));
            var app = new Consumer("Operator", "net10.0", ["KleidiSharp"], more: $"""
                <RuntimeIdentifiers>{identifiers}</RuntimeIdentifiers>
                    <UseAppHost>false</UseAppHost>
                    <SelfContained>false</SelfContained>
                    <EnableRuntimePackDownload>false</EnableRuntimePackDownload>
                    <EnableAppHostPackDownload>false</EnableAppHostPackDownload>
                    <PlatformTarget>AnyCPU</PlatformTarget>
                """);
            app.Dotnet("restore", "-nologo", "-v", "quiet").Succeeded();
            return app;
        });

        internal Consumer Consumer
        {
            get
            {
                PackageFeed.Require();
                return consumer.Value;
            }
        }

        public void Dispose()
        {
            if (consumer.IsValueCreated)
            {
                consumer.Value.Dispose();
            }
        }

        internal string Publish(string identifier)
        {
            string folder = Consumer.PathOf("published", identifier);
            Consumer.Dotnet("publish", "-c", "Release", "-nologo", "-v", "quiet", "--no-restore", "-r", identifier, "-o", folder)
                .Succeeded();
            return folder;
        }
    }
}
