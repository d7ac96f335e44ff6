// SPDX-License-Identifier: Apache-2.0
using System.Text;

namespace KleidiSharp.Models;

/// <summary>
/// Turns tokens into text as they arrive. Characters whose bytes are spread over several tokens are held back until they
/// are complete. For one stream; not safe for use from several threads at once.
/// </summary>
public sealed class TokenDecoder
{
    private readonly Tokenizer tokenizer;
    private readonly Decoder utf8 = Encoding.UTF8.GetDecoder();
    private bool skipSpace;

    internal TokenDecoder(Tokenizer tokenizer, bool skipSpace)
    {
        this.tokenizer = tokenizer;
        this.skipSpace = skipSpace;
    }

    /// <summary>Takes one token and returns the characters that it completes, often none or several.</summary>
    public string Push(int token)
    {
        ReadOnlySpan<byte> bytes = tokenizer.GetBytes(token);
        if (skipSpace && !bytes.IsEmpty)
        {
            skipSpace = false;
            bytes = bytes[0] == ' ' ? bytes[1..] : bytes;
        }

        return Convert(bytes, flush: false);
    }

    /// <summary>Ends the stream: what is held back cannot become a character any more and is returned as U+FFFD.</summary>
    public string Flush() => Convert([], flush: true);

    private string Convert(ReadOnlySpan<byte> bytes, bool flush)
    {
        int most = Encoding.UTF8.GetMaxCharCount(bytes.Length);
        Span<char> characters = most <= 256 ? stackalloc char[256] : new char[most];
        return new string(characters[..utf8.GetChars(bytes, characters, flush)]);
    }
}
