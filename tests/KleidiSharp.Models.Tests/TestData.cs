// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp.Models.Tests;

/// <summary>
/// Finds the third-party files that some tests use: in the folder that KLEIDISHARP_DATA names, else in a folder
/// shared/data beside the repository. A test that needs a file that is not there is counted as skipped.
/// </summary>
internal static class TestData
{
    private static readonly string? Root = FindRoot();

    public static string Find(string relativePath)
    {
        string? path = Root is null ? null : Path.Combine(Root, relativePath);
        Skip.If(path is null || !File.Exists(path),
            $"{relativePath} was not found; set KLEIDISHARP_DATA to the folder that holds it.");
        return path!;
    }

    private static string? FindRoot()
    {
        if (Environment.GetEnvironmentVariable("KLEIDISHARP_DATA") is { Length: > 0 } named)
        {
            return named;
        }

        for (DirectoryInfo? folder = Repository(); folder is not null; folder = folder.Parent)
        {
            string candidate = Path.Combine(folder.FullName, "shared", "data");
            if (Directory.Exists(candidate))
            {
                return candidate;
            }
        }

        return null;
    }

    // The artifacts may lie outside the repository, so the place of this source file is tried as well.
    private static DirectoryInfo Repository([System.Runtime.CompilerServices.CallerFilePath] string source = "")
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Interop.sln")))
            {
                return folder;
            }
        }

        return new DirectoryInfo(Path.GetDirectoryName(source)!);
    }
}
