// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp.Tool.Tests;

/// <summary>A shell script that takes a peer's place in <c>--against</c>.</summary>
internal sealed class FakePeer : IDisposable
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("kleidi peer ");

    /// <param name="script">What it does; it gets the arguments as $1, $2 and so on.</param>
    /// <param name="arguments">m, k, n, threads and bytes unless something else is said.</param>
    public FakePeer(string script, string arguments = "{m} {k} {n} {threads} {bytes}")
    {
        File.WriteAllText(Script, $"cd '{folder.FullName}'\n{script}\n");
        Command = $"/bin/sh '{Script}' {arguments}";
    }

    /// <summary>The value of the option.</summary>
    public string Command { get; }

    private string Script => Path.Combine(folder.FullName, "fake.sh");

    /// <summary>Lines of a file that the script wrote in its folder.</summary>
    public string[] Lines(string file) => File.ReadAllLines(Path.Combine(folder.FullName, file));

    public void Dispose() => folder.Delete(recursive: true);
}
