// SPDX-License-Identifier: Apache-2.0
using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace KleidiSharp.Tool;

/// <summary>The tool as a function: arguments in, text out, an exit code back.</summary>
internal static class CommandLine
{
    /// <summary>Everything went well.</summary>
    public const int Success = 0;

    /// <summary>The work could not be done, or its result is bad.</summary>
    public const int Failure = 1;

    /// <summary>The arguments make no sense.</summary>
    public const int Usage = 2;

    /// <summary>Runs one command.</summary>
    /// <returns><see cref="Success"/>, <see cref="Failure"/> or <see cref="Usage"/>.</returns>
    public static int Run(string[] args, TextWriter output, TextWriter error)
    {
        var root = new RootCommand(
            "Runs quantised models with Arm's KleidiAI kernels and KleidiSharp's own, and says how well that goes.\n"
            + "Figures and text go to standard output, progress and remarks to standard error.\n"
            + "The exit code is 0 where all went well, 1 where something failed and 2 where the arguments are wrong.")
        {
            new DoctorCommand(),
            new InfoCommand(),
            new RunCommand(),
            new PerplexityCommand(),
            new BenchCommand(),
            new BenchModelCommand(),
            new DiffCommand(),
        };
        HelpOption help = root.Options.OfType<HelpOption>().Single();
        help.Action = new ExamplesHelpAction((HelpAction)help.Action!);

        // A prompt may begin with '@', which must not be taken for the name of a response file.
        ParseResult parsed = root.Parse(
            args.Length == 0 ? ["--help"] : args, new ParserConfiguration { ResponseFileTokenReplacer = null });
        if (parsed.Action is ParseErrorAction)
        {
            foreach (string message in parsed.Errors.Select(e => e.Message).Distinct())
            {
                error.WriteLine($"kleidi: {message}");
            }
            string command = parsed.CommandResult.Command is ToolCommand c ? $"kleidi {c.Name}" : "kleidi";
            error.WriteLine($"Try '{command} --help'.");
            return Usage;
        }
        try
        {
            return parsed.Invoke(
                new InvocationConfiguration { Output = output, Error = error, EnableDefaultExceptionHandler = false });
        }
        catch (Exception e) when (IsExpected(e))
        {
            output.Flush();
            error.WriteLine($"kleidi: {Describe(e)}");
            return Failure;
        }
    }

    // What the libraries throw for input, files and machines they cannot work with. Anything else is a fault of the
    // tool and keeps its stack trace.
    private static bool IsExpected(Exception e) => e is ArgumentException or IOException or UnauthorizedAccessException
        or InvalidDataException or FormatException or NotSupportedException or PlatformNotSupportedException
        or DllNotFoundException or InvalidOperationException or OutOfMemoryException or TimeoutException
        || (e is AggregateException { InnerExceptions: [var inner] } && IsExpected(inner));

    /// <summary>What an exception says to a person.</summary>
    public static string Describe(Exception e) => e switch
    {
        AggregateException { InnerExceptions: [var inner] } => Describe(inner),
        ArgumentException { ParamName: string name } =>
            e.Message.Replace($" (Parameter '{name}')", "", StringComparison.Ordinal),
        _ => e.Message,
    };
}
