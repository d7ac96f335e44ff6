// SPDX-License-Identifier: Apache-2.0
using KleidiSharp.Tests.Bindings;
using KleidiSharp.Tests.Hostile;

namespace KleidiSharp.Tests;

/// <summary>The assembly as a program, which tests start that need a process of their own.</summary>
internal static class TestProgram
{
    public const string ScarceMemory = "scarce-memory";
    public const string Load = "load";

    public static int Main(string[] args) => args[0] switch
    {
        ScarceMemory => ScarceMemoryProgram.Run(args[1..]),
        Load => LoadProgram.Run(),
        _ => throw new ArgumentException($"there is no program '{args[0]}'", nameof(args)),
    };
}
