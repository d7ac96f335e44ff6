// SPDX-License-Identifier: Apache-2.0
using System.Reflection;
using System.Runtime.InteropServices;

namespace KleidiSharp.Fuzz;

/// <summary>What the fuzzer calls.</summary>
internal static unsafe class Entry
{
    private static string[] methods = [];
    private static byte* counters;
    private static bool[]? covered;

    /// <summary>Called once, first. Allocates the block counters of the code under test and returns their number.</summary>
    [UnmanagedCallersOnly]
    public static int Start(byte** result)
    {
        Type blocks = Assembly.Load("KleidiSharp.Models").GetType("KleidiSharp.Fuzz.BlockCounters", throwOnError: true)!;
        methods = ((string)blocks.GetField("Methods")!.GetRawConstantValue()!).Split('\n');
        counters = (byte*)NativeMemory.AllocZeroed((nuint)methods.Length);
        blocks.GetField("Counters")!.SetValue(null, (nint)counters);
        covered = Environment.GetEnvironmentVariable("KLEIDISHARP_FUZZ_REPORT") is null ? null : new bool[methods.Length];
        *result = counters;
        return methods.Length;
    }

    /// <summary>Runs one input; 0 where nothing is wrong. What is wrong goes to standard error.</summary>
    [UnmanagedCallersOnly]
    public static int Run(byte* data, nuint size)
    {
        try
        {
            GgufTarget.Run(new ReadOnlySpan<byte>(data, (int)size));
            for (int i = 0; covered is not null && i < covered.Length; i++)
            {
                covered[i] |= counters[i] != 0;
            }

            return 0;
        }
#pragma warning disable CA1031 // whatever gets here is a finding
        catch (Exception finding)
#pragma warning restore CA1031
        {
            Console.Error.WriteLine(finding);
            return 1;
        }
    }

    /// <summary>Prints, class by class, how many blocks the inputs reached, where that was asked for.</summary>
    [UnmanagedCallersOnly]
    public static void Report()
    {
        if (covered is null)
        {
            return;
        }

        foreach (var type in Enumerable.Range(0, methods.Length).GroupBy(i => OuterClass(methods[i])).OrderBy(t => t.Key, StringComparer.Ordinal))
        {
            Console.WriteLine($"{type.Count(i => covered[i]),5} of {type.Count(),5} blocks  {type.Key}");
        }
    }

    // Lambdas and iterators belong to the class that they are written in.
    private static string OuterClass(string method) => method.Split("::")[0].Split('/')[0];
}
