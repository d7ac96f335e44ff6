// SPDX-License-Identifier: Apache-2.0
using System.Runtime.InteropServices;
using KleidiSharp.Models;

namespace KleidiSharp.Fuzz;

/// <summary>
/// Bytes as a GGUF file: opened, each tensor read, and taken for a model that is loaded and makes a few tokens. Either
/// that works or it is refused with one of the exceptions that the reader documents; any other is a finding.
/// </summary>
internal static class GgufTarget
{
    private const int MostElements = 1 << 16;
    private const string Text = "Once upon a time, <s>  ab\u00e9\u4e16\ud83d\ude00\ud800";

    private static readonly ComputeContext s_compute = new(new ComputeOptions { Backend = ComputeBackend.Managed, Threads = 1 });

    private static readonly string s_path = Environment.GetEnvironmentVariable("KLEIDISHARP_FUZZ_INPUT")
        ?? throw new InvalidOperationException("KLEIDISHARP_FUZZ_INPUT names no file for the input to be put in.");
    private static readonly FileStream s_stream = new(
        s_path, FileMode.Create, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);

    public static void Run(ReadOnlySpan<byte> bytes)
    {
        s_stream.SetLength(0);
        s_stream.Position = 0;
        s_stream.Write(bytes);
        UnlessRefused(() =>
        {
            using GgufFile file = GgufFile.Open(s_path);
            CheckPlaces(file);
            foreach (GgufTensor tensor in file.Tensors.Values)
            {
                UnlessRefused(() => CheckReading(file, tensor));
            }

            UnlessRefused(() => CheckTokenizer(Tokenizer.FromGguf(file)));
            UnlessRefused(CheckModel);
        });
    }

    private static void UnlessRefused(Action action)
    {
        try
        {
            action();
        }
        catch (Exception refusal) when (refusal is GgufException or NotSupportedException)
        {
            Require(refusal.Message.Contains(s_path, StringComparison.Ordinal), $"a message names the file: {refusal}");
        }
    }

    // Every tensor lies in the file, and no two have a byte in common.
    private static void CheckPlaces(GgufFile file)
    {
        long end = 0;
        foreach (GgufTensor tensor in file.Tensors.Values.OrderBy(tensor => tensor.Position))
        {
            Require(tensor.Position >= end && tensor.ByteLength > 0, $"{tensor} lies where it may");
            end = tensor.Position + tensor.ByteLength;
        }

        Require(end <= s_stream.Length, "all tensors lie within the file");
    }

    // A row that is read alone is what it is in the whole.
    private static void CheckReading(GgufFile file, GgufTensor tensor)
    {
        if (tensor.ElementCount > MostElements)
        {
            return;
        }

        var whole = new float[tensor.ElementCount];
        file.ReadFloats(tensor.Name, whole);
        var row = new float[tensor.Dimensions[^1]];
        for (int start = 0; start < whole.Length; start += row.Length)
        {
            file.ReadFloats(tensor, start, row);
            Require(
                MemoryMarshal.AsBytes(row.AsSpan()).SequenceEqual(MemoryMarshal.AsBytes(whole.AsSpan(start, row.Length))),
                $"row {start / row.Length} of {tensor} is the same alone");
        }
    }

    private static void CheckTokenizer(Tokenizer tokenizer)
    {
        int[] tokens = tokenizer.VocabularySize == 0 ? [] : tokenizer.Encode(Text);
        Require(tokens.All(token => token >= 0 && token < tokenizer.VocabularySize), "tokens are of the vocabulary");
        tokenizer.Decode(tokens);
        tokenizer.Decode([.. Enumerable.Range(0, Math.Min(tokenizer.VocabularySize, 1000))]);
    }

    private static void CheckModel()
    {
        using LlamaModel model = LlamaModel.Load(s_path, new LoadOptions { Compute = s_compute });
        using LlamaSession session = model.CreateSession();
        int[] tokens = [0, model.Tokenizer.VocabularySize - 1];
        foreach (int token in tokens.Take(model.Config.ContextLength))
        {
            Require(session.Forward([token]).Length == model.Tokenizer.VocabularySize, "each token of the vocabulary has a logit");
        }
    }

    private static void Require(bool condition, string statement)
    {
        if (!condition)
        {
            throw new InvalidOperationException($"It does not hold that {statement}.");
        }
    }
}
