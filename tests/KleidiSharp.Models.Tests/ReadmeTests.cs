// SPDX-License-Identifier: Apache-2.0
using System.Reflection;

namespace KleidiSharp.Models.Tests;

/// <summary>The README's C# compiles and runs: each of its lines stands in a method here.</summary>
public sealed class ReadmeTests
{
    [Fact]
    public void EveryLineOfCodeStandsHere()
    {
        string root = typeof(ReadmeTests).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == "SourceTree").Value!;
        string here = File.ReadAllText(Path.Combine(root, "tests", "KleidiSharp.Models.Tests", "ReadmeTests.cs"));
        // Those of chats, and of the packages' READMEs, run against the packages.
        string[] blocks = [.. File.ReadAllText(Path.Combine(root, "README.md")).Split("```csharp\n")[1..]
            .Where(block => !block.Contains("IChatClient", StringComparison.Ordinal))];
        string[] lines = [.. blocks.SelectMany(block => block.Split("```")[0].Split('\n'))
            .Where(line => line.Length > 0 && !line.StartsWith("using KleidiSharp", StringComparison.Ordinal))];
        Assert.True(lines.Length >= 9, $"README has {lines.Length} lines of C#");
        Assert.All(lines, line => Assert.Contains($"        {line}\n", here, StringComparison.Ordinal));
    }

    [Fact]
    public void TheQuickStartRuns()
    {
        string before = Environment.CurrentDirectory;
        DirectoryInfo folder = Directory.CreateTempSubdirectory("kleidisharp-readme");
        Environment.CurrentDirectory = folder.FullName;
        try
        {
            QuickStart();
        }
        finally
        {
            Environment.CurrentDirectory = before;
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public void TheModelRuns()
    {
        using TemporaryFile file = new TinyLlama(embedding: 64, feedForward: 96, heads: 8).ToFile();
        string before = Environment.CurrentDirectory;
        DirectoryInfo folder = Directory.CreateTempSubdirectory("kleidisharp-readme");
        Environment.CurrentDirectory = folder.FullName;
        try
        {
            File.Copy(file.Name, "model.gguf");
            Model();
        }
        finally
        {
            Environment.CurrentDirectory = before;
            folder.Delete(recursive: true);
        }
    }

    private static void QuickStart()
    {
        float[] w = new float[512 * 2048], x = new float[2048], y = new float[512];   // yours; w is [out, in], row-major

        using var layer = PackedWeights.Quantize(w, outFeatures: 512, inFeatures: 2048, WeightFormat.Int4Group(32));
        layer.MatMul(x, y, rows: 1);                     // y[rows, out] = x[rows, in] · wᵀ + bias
        layer.MatMul(x, y, rows: 1, Clamp.Relu);
        Console.WriteLine(layer.KernelFor(rows: 1));     // which kernel, and why not another

        layer.Save("layer.kpw");                         // packed once,
        using var again = PackedWeights.Map("layer.kpw"); // mapped ever after: no copy
        Assert.Equal(layer.ByteSize, again.ByteSize);
    }

    private static void Model()
    {
        using var model = LlamaModel.Load("model.gguf", new LoadOptions { Weights = WeightFormat.Int4Group(32) });
        foreach (string piece in model.Generate("Once upon a time", new SamplingOptions { Temperature = 0 })) Console.Write(piece);
    }
}
