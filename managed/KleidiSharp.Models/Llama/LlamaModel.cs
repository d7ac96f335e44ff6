// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp.Models;

/// <summary>
/// A model of the Llama architecture, its linear layers quantised and packed. Immutable and safe for use from several
/// threads; each conversation has a <see cref="LlamaSession"/> of its own.
/// </summary>
public sealed class LlamaModel : IDisposable
{
    private LlamaModel(GgufFile file, LoadOptions options)
    {
        File = file;
        Config = new LlamaConfig(file);
        Tokenizer = Tokenizer.FromGguf(file);
        Compute = options.Compute ?? ComputeContext.Default;
        Weights = new LlamaWeights(file, Config, Tokenizer.VocabularySize, options);
        Rope = new RotaryEmbedding(Config, Weights.RopeFactors);
        Passes = new Pool<ForwardPass>(() => new ForwardPass(this));
    }

    /// <summary>What the model's author calls it; where the file does not say, the file's name without its ending.</summary>
    public string Name => File.Metadata.GetString("general.name", Path.GetFileNameWithoutExtension(File.Path));

    /// <summary>The model's shape.</summary>
    public LlamaConfig Config { get; }

    /// <summary>Text to tokens and back.</summary>
    public Tokenizer Tokenizer { get; }

    /// <summary>What became of the file's tensors.</summary>
    public LoadReport Report => Weights.Report;

    internal GgufFile File { get; }

    internal ComputeContext Compute { get; }

    internal LlamaWeights Weights { get; }

    internal RotaryEmbedding Rope { get; }

    /// <summary>What sessions and batches borrow for a call.</summary>
    internal Pool<ForwardPass> Passes { get; }

    /// <summary>Loads a GGUF file; the file stays open until the model is disposed.</summary>
    /// <param name="path">The file.</param>
    /// <param name="options">The format of the weights and more; null for the defaults.</param>
    /// <exception cref="GgufException">
    /// The file breaks the format, lacks a tensor, has one of the wrong shape, or a weight that is NaN or infinite.
    /// </exception>
    /// <exception cref="InvalidDataException">A file in <see cref="LoadOptions.PackedCache"/> is damaged.</exception>
    /// <exception cref="NotSupportedException">The architecture, tokenizer or a tensor's type is not supported.</exception>
    public static LlamaModel Load(string path, LoadOptions? options = null)
    {
        GgufFile file = GgufFile.Open(path);
        try
        {
            return new LlamaModel(file, options ?? new LoadOptions());
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>A new, empty conversation.</summary>
    public LlamaSession CreateSession() => new(this);

    /// <summary>A new, empty batch, which takes tokens of several sessions through the model together.</summary>
    public LlamaBatch CreateBatch() => new(this);

    /// <summary>
    /// Continues a text. Generation ends where the model ends the text, after <see cref="SamplingOptions.MaxTokens"/>, or
    /// when the context is full.
    /// </summary>
    /// <param name="prompt">The text so far; an empty one lets the model begin.</param>
    /// <param name="options">How tokens are chosen; null for the likeliest ones.</param>
    /// <returns>Pieces of text, generated as they are asked for: whole characters, never empty.</returns>
    /// <exception cref="ArgumentException">The prompt has more tokens than the context, or none.</exception>
    public IEnumerable<string> Generate(string prompt, SamplingOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(prompt);
        int[] tokens = Tokenizer.Encode(prompt);
        LlamaSession.CheckTokens(this, tokens, position: 0, nameof(prompt));
        return Generate(tokens, Tokenizer.CreateDecoder(atStart: prompt.Length == 0), options ?? new SamplingOptions());
    }

    /// <summary>Releases the weights and the file. Sessions of this model throw from then on.</summary>
    public void Dispose()
    {
        Passes.Dispose();
        Weights.Dispose();
        File.Dispose();
    }

    private IEnumerable<string> Generate(int[] prompt, TokenDecoder decoder, SamplingOptions options)
    {
        if (options.MaxTokens == 0)
        {
            yield break;
        }

        using LlamaSession session = CreateSession();
        var sampler = new Sampler(options);
        int token = sampler.Next(session.Forward(prompt));
        for (int count = 1; !Tokenizer.Ends(token); count++)
        {
            string piece = decoder.Push(token);
            if (piece.Length > 0)
            {
                yield return piece;
            }

            if (count == options.MaxTokens || session.Position == Config.ContextLength)
            {
                break;
            }

            token = sampler.Next(session.Forward([token]));
        }

        string rest = decoder.Flush();
        if (rest.Length > 0)
        {
            yield return rest;
        }
    }
}
