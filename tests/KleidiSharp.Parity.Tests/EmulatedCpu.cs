// SPDX-License-Identifier: Apache-2.0
using System.Runtime.InteropServices;

namespace KleidiSharp.KernelTests;

/// <summary>AArch64 processors under emulation: the kernel device of the cross build, started by QEMU.</summary>
internal static class EmulatedCpu
{
    private const string Emulator = "qemu-aarch64-static";

    /// <summary>Starts the device on a processor, or skips the test with the reason why it cannot.</summary>
    public static KernelDevice Start(string cpu) => KernelDevice.Start(Command(cpu));

    /// <summary>The command that starts the device on a processor; skips the test where it cannot.</summary>
    public static string Command(string cpu)
    {
        Skip.If(RuntimeInformation.ProcessArchitecture != Architecture.X64, "only x64 machines emulate AArch64");
        string? program = FindProgram();
        Require.That(program is not null, "no kleidi-device for AArch64: build/build.sh makes it, KLEIDISHARP_ARM_DEVICE names another");
        bool emulator = (Environment.GetEnvironmentVariable("PATH") ?? string.Empty).Split(':')
            .Any(folder => File.Exists(Path.Combine(folder, Emulator)));
        Require.That(emulator, $"no {Emulator}: build/setup.sh installs it");
        return $"{Emulator} -cpu {cpu} '{program}'";
    }

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
