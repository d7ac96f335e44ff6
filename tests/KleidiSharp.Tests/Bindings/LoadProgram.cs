// SPDX-License-Identifier: Apache-2.0
using System.Text.Json;
using KleidiSharp.Interop;
using Microsoft.Extensions.Logging;

namespace KleidiSharp.Tests.Bindings;

/// <summary>
/// The program that <see cref="LoadRun"/> starts: makes contexts with and without loggers, multiplies, requires the
/// native library, and prints what came of it. A process can load the library only once.
/// </summary>
internal static class LoadProgram
{
    public const int N = 40, K = 64, M = 3;

    public static int Run()
    {
        new ComputeContext().Dispose();
        using var log = new RecordedLog();
        using var compute = new ComputeContext(new ComputeOptions { LoggerFactory = log });
        new ComputeContext(new ComputeOptions { LoggerFactory = log, Threads = 1 }).Dispose();
        new ComputeContext(new ComputeOptions { LoggerFactory = log }).Dispose();
        using var otherLog = new RecordedLog();
        new ComputeContext(new ComputeOptions { LoggerFactory = otherLog }).Dispose();

        string? refusal = null;
        try
        {
            new ComputeContext(new ComputeOptions { RequireNative = true }).Dispose();
        }
        catch (DllNotFoundException e)
        {
            refusal = e.Message;
        }

        Console.WriteLine(JsonSerializer.Serialize(new LoadOutcome(
            compute.Backend, NativeLoader.LoadedPath, Warnings(log), Warnings(otherLog), refusal, Product(compute))));
        return 0;
    }

    public static float[] Product(ComputeContext compute)
    {
        using PackedWeights weights = PackedWeights.Quantize(
            new Drawn(1).Values(N * K), N, K, WeightFormat.Int4Group(32), compute: compute);
        var y = new float[M * N];
        weights.MatMul(new Drawn(2).Values(M * K), y, M);
        return y;
    }

    private static string[] Warnings(RecordedLog log) =>
        [.. log.Messages.Where(message => message.Level == LogLevel.Warning).Select(message => message.Text)];
}
