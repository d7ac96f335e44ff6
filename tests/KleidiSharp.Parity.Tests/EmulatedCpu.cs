// SPDX-License-Identifier: Apache-2.0
using System.Runtime.InteropServices;

namespace KleidiSharp.KernelTests;

/// <summary>AArch64 processors under emulation: the kernel device of the cross build, started by QEMU.</summary>
internal static class EmulatedCpu
{
    /// <summary>tests/emulated-cpus.txt, which build/test.sh reads too.</summary>
    public static IEnumerable<string> List() =>
        File.ReadLines(Path.Combine(AppContext.BaseDirectory, "emulated-cpus.txt")).Where(line => !line.StartsWith('#'));

    /// <summary>Starts the device on a processor, or skips the test with the reason why it cannot.</summary>
    public static KernelDevice Start(string cpu) => KernelDevice.Start(Command(cpu));

    /// <summary>The command that starts the device on a processor; skips the test where it cannot.</summary>
    public static string Command(string cpu)
    {
        Skip.If(RuntimeInformation.ProcessArchitecture != Architecture.X64, "only x64 machines emulate AArch64");
        string? program = FindProgram();
        Require.That(program is not null, "no kleidi-device for AArch64: build/build.sh makes it, KLEIDISHARP_ARM_DEVICE names another");
        string emulator = Path.Combine(Dependencies(), "bin", "qemu-aarch64");
        Require.That(File.Exists(emulator), $"no emulator {emulator}: build/setup.sh provides it");
        return $"'{emulator}' -cpu {cpu} '{program}'";
    }

    /// <summary>The private folder of build/setup.sh.</summary>
    private static string Dependencies() =>
        Environment.GetEnvironmentVariable("KLEIDISHARP_DEPS") is { Length: > 0 } named
            ? named
            : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache", "kleidisharp");

    private static string? FindProgram()
    {
        if (Environment.GetEnvironmentVariable("KLEIDISHARP_ARM_DEVICE") is { Length: > 0 } named)
        {
            return named;
        }

        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            string program = Path.Combine(folder.FullName, "out", "linux-arm64-cross", "native", "kleidi-device");
            if (File.Exists(program))
            {
                return program;
            }
        }

        return null;
    }
}
