// SPDX-License-Identifier: Apache-2.0
using System;
using System.Collections.Generic;
using System.Linq;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using KleidiSharp.Interop;

namespace KleidiSharp.Mono.Tests;

/// <summary>Runs checks, counts them, and remembers which native functions were called.</summary>
internal static unsafe class Check
{
    private static readonly HashSet<string> Called = [];

    /// <summary>Checks that passed.</summary>
    public static int Passed { get; private set; }

    /// <summary>Checks that failed.</summary>
    public static int Failed { get; private set; }

    /// <summary>The declared functions that no check has called.</summary>
    public static IEnumerable<string> NotCalled =>
        typeof(NativeMethods).GetMethods(BindingFlags.Static | BindingFlags.Public)
            .Where(m => (m.Attributes & MethodAttributes.PinvokeImpl) != 0)
            .Select(m => m.Name)
            .Except(Called);

    /// <summary>Runs one check; it fails by an exception.</summary>
    public static void Run(string name, Action check)
    {
        try
        {
            check();
            Passed++;
        }
#pragma warning disable CA1031 // Any exception is a failed check, and the others still run.
        catch (Exception e)
#pragma warning restore CA1031
        {
            Failed++;
            Console.WriteLine($"FAILED {name}: {e}");
        }
    }

    /// <summary>Passes on what a native function returned, and remembers its name, which begins the expression.</summary>
    public static T Call<T>(T result, [CallerArgumentExpression("result")] string expression = "")
    {
        Remember(expression);
        return result;
    }

    /// <summary>As above, for a function that returns a pointer.</summary>
    public static IntPtr Call(void* result, [CallerArgumentExpression("result")] string expression = "")
    {
        Remember(expression);
        return (IntPtr)result;
    }

    /// <summary>Calls a function that returns a status, and requires success.</summary>
    public static void Ok(int status, [CallerArgumentExpression("status")] string expression = "")
    {
        Remember(expression);
        True(status == (int)ks_status.KS_OK, $"{expression} gave {(ks_status)status}: {LastError()}");
    }

    /// <summary>Calls a function that returns a status, and requires a failure whose message holds a word.</summary>
    public static void Fails(ks_status expected, string word, int status, [CallerArgumentExpression("status")] string expression = "")
    {
        Remember(expression);
        True(status == (int)expected, $"{expression} gave {(ks_status)status}, expected {expected}");
        True(LastError().Contains(word), $"{expression}: the message '{LastError()}' does not name '{word}'");
    }

    /// <summary>Requires a condition.</summary>
    public static void True(bool condition, [CallerArgumentExpression("condition")] string message = "")
    {
        if (!condition)
        {
            throw new InvalidOperationException(message);
        }
    }

    /// <summary>Requires the same bits in both arrays.</summary>
    public static void SameBits(float[] expected, float[] actual, string what)
    {
        for (int i = 0; i < expected.Length; i++)
        {
            True(Scalar.Bits(expected[i]) == Scalar.Bits(actual[i]), $"{what}: element {i} is {actual[i]:R}, expected {expected[i]:R}");
        }
    }

    /// <summary>Reads a borrowed ASCII string.</summary>
    public static string Text(IntPtr text) => Marshal.PtrToStringAnsi(text) ?? throw new InvalidOperationException("a null string");

    private static string LastError() => Text(Call(NativeMethods.ks_last_error()));

    private static void Remember(string expression)
    {
        string name = expression.Substring(expression.LastIndexOf('.', Math.Max(expression.IndexOf('('), 0)) + 1);
        lock (Called)
        {
            Called.Add(name.Substring(0, Math.Max(name.IndexOf('('), 0)));
        }
    }
}
