// SPDX-License-Identifier: Apache-2.0
using System.Diagnostics;

namespace KleidiSharp.Tests.Hostile;

/// <summary>Where memory runs out, managed or native, a call says so and the library goes on.</summary>
public sealed class ScarceMemoryTests
{
    [SkippableTheory]
    [InlineData(ComputeBackend.Managed)]
    [InlineData(ComputeBackend.Native)]
    public void A_call_that_gets_no_memory_fails_alone(ComputeBackend backend)
    {
        Require.Context(backend).Dispose();
        string file = Path.GetTempFileName();
        try
        {
            var start = new ProcessStartInfo("dotnet", [typeof(TestProgram).Assembly.Location, TestProgram.ScarceMemory, $"{backend}", file])
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                // 48 MB of managed heap; and no thread that compiles in the background, for which there might be no memory.
                Environment = { ["DOTNET_GCHeapHardLimit"] = "0x3000000", ["DOTNET_TieredCompilation"] = "0" },
            };
            using Process process = Process.Start(start)!;
            Task<string> error = process.StandardError.ReadToEndAsync();
            string output = process.StandardOutput.ReadToEnd();
            process.WaitForExit();

            Assert.Equal((0, string.Empty), (process.ExitCode, error.Result));
            Assert.Equal(
                """
                quantise: OutOfMemoryException
                unpack: OutOfMemoryException
                pack: OutOfMemoryException
                repack: OutOfMemoryException
                multiply: OutOfMemoryException
                map: IOException
                load: IOException
                afterwards all works

                """,
                output);
        }
        finally
        {
            File.Delete(file);
        }
    }
}
