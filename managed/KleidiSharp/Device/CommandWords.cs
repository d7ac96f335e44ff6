// SPDX-License-Identifier: Apache-2.0
using System.Text;

namespace KleidiSharp;

/// <summary>
/// Cuts a command line in words as a shell does: blanks separate, quotes and backslashes join. Nothing is expanded.
/// </summary>
internal static class CommandWords
{
    /// <exception cref="ArgumentException">
    /// A quote is left open, a backslash ends the command, or there is no word.
    /// </exception>
    public static List<string> Split(string command)
    {
        var words = new List<string>();
        var word = new StringBuilder();
        bool inWord = false;
        char quote = '\0';
        for (int i = 0; i < command.Length; i++)
        {
            char c = command[i];
            if (c == '\\' && quote != '\'')
            {
                if (++i == command.Length)
                {
                    throw new ArgumentException($"The command ends with a backslash: {command}", nameof(command));
                }

                // Within double quotes a backslash stands for itself, except before what it is needed for.
                word.Append(quote == '"' && command[i] is not ('"' or '\\') ? "\\" : string.Empty).Append(command[i]);
                inWord = true;
            }
            else if (quote == c)
            {
                quote = '\0';
            }
            else if (quote == '\0' && c is '\'' or '"')
            {
                quote = c;
                inWord = true;
            }
            else if (quote == '\0' && char.IsWhiteSpace(c))
            {
                EndWord();
            }
            else
            {
                word.Append(c);
                inWord = true;
            }
        }

        if (quote != '\0')
        {
            throw new ArgumentException($"The command leaves a {quote} open: {command}", nameof(command));
        }

        EndWord();
        return words.Count > 0 ? words : throw new ArgumentException("The command is empty.", nameof(command));

        void EndWord()
        {
            if (inWord)
            {
                words.Add(word.ToString());
                word.Clear();
                inWord = false;
            }
        }
    }
}
