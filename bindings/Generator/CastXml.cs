// SPDX-License-Identifier: Apache-2.0
using System.ComponentModel;
using System.Diagnostics;
using System.Xml.Linq;

namespace KleidiSharp.Bindings;

/// <summary>Runs castxml, which writes the syntax tree of a real C compiler front end (clang) as XML.</summary>
internal static class CastXml
{
    /// <summary>Parses a header the way a target's C compiler would.</summary>
    public static XDocument Parse(string header, Target target)
    {
        string output = Path.GetTempFileName();
        try
        {
            Run(header, target, output);
            return XDocument.Load(output);
        }
        finally
        {
            File.Delete(output);
        }
    }

    private static void Run(string header, Target target, string output)
    {
        var start = new ProcessStartInfo("castxml") { RedirectStandardError = true, RedirectStandardOutput = true };
        string[] arguments =
        [
            "-x", "c", "-std=c11", "-Wall", "-Wextra", "-Wstrict-prototypes", "-Werror",
            "--castxml-output=1", "--castxml-cc-gnu-c", "(", target.Compiler, ")",
            "-o", output, header,
        ];
        foreach (string argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        using Process process = Start(start);
        Task<string> printed = process.StandardOutput.ReadToEndAsync();
        string errors = process.StandardError.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode != 0)
        {
            throw new BindingException($"castxml refused {header} for {target.Name}:\n{errors}{printed.Result}".TrimEnd());
        }
    }

    private static Process Start(ProcessStartInfo start)
    {
        try
        {
            return Process.Start(start)!;
        }
        catch (Win32Exception e)
        {
            throw new BindingException($"castxml cannot be run ({e.Message}); install the package castxml");
        }
    }
}
