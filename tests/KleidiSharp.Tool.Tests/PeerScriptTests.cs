// SPDX-License-Identifier: Apache-2.0
using System.Diagnostics;
using System.Reflection;
using System.Runtime.InteropServices;

namespace KleidiSharp.Tool.Tests;

/// <summary>The peers' scripts where there are no peers.</summary>
public class PeerScriptTests
{
    [SkippableTheory]
    [InlineData("ggml.sh", "M K N THREADS BYTES")]
    [InlineData("ort.sh", "M K N THREADS BYTES")]
    [InlineData("llama.sh", "MODEL THREADS PROMPT TOKENS")]
    public void They_say_what_is_missing(string script, string names)
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "the peers are Debian's");
        string[] arguments = names.Split(' ');

        (int code, string output, string error) = Run(script, null, arguments);
        Assert.Equal((1, ""), (code, output));
        Assert.StartsWith($"{script}: PEERS must name the folder", error, StringComparison.Ordinal);

        (code, output, error) = Run(script, "/no/such/folder", arguments);
        Assert.Equal((1, ""), (code, output));
        Assert.StartsWith($"{script}: there is no Debian root at /no/such/folder/", error, StringComparison.Ordinal);

        (code, output, error) = Run(script, "/no/such/folder", arguments[1..]);
        Assert.Equal((2, ""), (code, output));
        Assert.Equal($"usage: {script} {names}\n", error);
    }

    [SkippableTheory]
    [InlineData(0, "{\"prefill\": 512.25, \"decode\": 8.5}\n", "")]
    [InlineData(-1, "", "llama.sh: llama-bench gave no rate for 0 tokens of prompt and 8 generated")]
    [InlineData(3, "", "the fake fails\n")]
    public void Llama_reads_the_rates_of_its_bench(int fails, string expected, string said)
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "the peers are Debian's");
        (string root, string libraries, string loader) = RuntimeInformation.ProcessArchitecture == Architecture.Arm64
            ? ("sid-arm64", "usr/lib/aarch64-linux-gnu", "lib/ld-linux-aarch64.so.1")
            : ("sid-amd64", "usr/lib/x86_64-linux-gnu", "lib64/ld-linux-x86-64.so.2");
        DirectoryInfo peers = Directory.CreateTempSubdirectory("kleidi peers ");
        root = Path.Combine(peers.FullName, root);
        Write(Path.Combine(root, loader), "#!/bin/sh\nshift 2\nexec \"$@\"\n");
        Write(Path.Combine(root, libraries, "ggml", "backends0", "libggml-cpu-fake.so"), "");
        Write(Path.Combine(root, "usr/bin/llama-bench"), $$"""
            #!/bin/sh
            if [ {{fails}} -gt 0 ]; then echo the fake fails >&2; exit {{fails}}; fi
            [ -f libggml-cpu-fake.so ] || exit 4
            [ "$*" = "-m $(cat ../../../../../../model) -t 2 -p 512 -n 8 -r 1 -o jsonl" ] || exit 5
            echo '{"n_prompt": 512, "n_gen": 0, "n_depth": 0, "avg_ns": 42015971, "avg_ts": 512.25, "stddev_ts": 0.1}'
            [ {{fails}} = 0 ] || exit 0
            echo '{"n_prompt": 0, "n_gen": 8, "n_depth": 0, "avg_ns": 42015971, "avg_ts": 8.5, "stddev_ts": 0.1}'
            """);
        string model = Path.Combine(peers.FullName, "a model.gguf");
        Write(model, "");
        Write(Path.Combine(peers.FullName, "model"), model);

        (int code, string output, string error) = Run("llama.sh", peers.FullName, model, "2", "512", "8");

        Assert.Equal(expected, output);
        Assert.Contains(said, error, StringComparison.Ordinal);
        Assert.Equal(expected.Length == 0, code != 0);
        peers.Delete(recursive: true);

        static void Write(string file, string text)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            File.WriteAllText(file, text);
            if (!OperatingSystem.IsWindows())
            {
                File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            }
        }
    }

    private static (int Code, string Output, string Error) Run(string script, string? peers, params string[] arguments)
    {
        string tree = typeof(PeerScriptTests).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
            .Single(a => a.Key == "SourceTree").Value!;
        var start = new ProcessStartInfo(Path.Combine(tree, "build", "peers", script), arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment.Remove("PEERS");
        if (peers is not null)
        {
            start.Environment["PEERS"] = peers;
        }

        using Process process = Process.Start(start)!;
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output, error.Result);
    }
}
