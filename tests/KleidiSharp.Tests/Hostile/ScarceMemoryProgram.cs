// SPDX-License-Identifier: Apache-2.0
using System.Runtime.InteropServices;

namespace KleidiSharp.Tests.Hostile;

/// <summary>
/// The program that <see cref="ScarceMemoryTests"/> starts: tries with next to no memory left what needs
/// a lot, and prints what each attempt got. After each, small work must go on as before. Arguments: the backend, and a
/// file to write.
/// </summary>
internal static unsafe class ScarceMemoryProgram
{
    private const int N = 16, K = 1 << 20, LongK = 1 << 23, Rows = 8;
    private const int ZeroCount = 1 << 27;
    private const ulong Slack = 24 << 20;
    private const int AddressSpace = 9; // RLIMIT_AS of Linux

    private static readonly WeightFormat s_int4 = WeightFormat.Int4Group(32);

    // Never touched, so that they are not resident; no array, for which the heap would have no room.
    private static readonly float* s_zeros = (float*)NativeMemory.AllocZeroed(ZeroCount, sizeof(float));

    public static int Run(string[] args)
    {
        string file = args[1];
        using var compute = new ComputeContext(new ComputeOptions { Backend = Enum.Parse<ComputeBackend>(args[0]), Threads = 1 });
        using var small = new SmallWork(compute);
        using PackedWeights f32 = PackedWeights.Quantize(Zeros(N * K), N, K, WeightFormat.Float32, compute: compute);
        using PackedWeights int4 = PackedWeights.Quantize(Zeros(LongK), 1, LongK, s_int4, compute: compute);
        f32.Save(file);

        // What the garbage collector hands out is bounded from the start.
        Try("quantise", () => Quantizer.Quantize(Zeros(ZeroCount), ZeroCount / K, K, s_int4, compute: compute));
        Try("unpack", () => f32.UnpackValues());

        Bound(MappedBytes() + Slack);
        Try("pack", () => PackedWeights.Quantize(Zeros(N * K), N, K, WeightFormat.Float32, compute: compute));
        Try("repack", () => f32.Repack(compute));
        Try("multiply", () => Multiply(int4, Rows));
        Try("map", () => PackedWeights.Map(file, compute: compute));
        Try("load", () => PackedWeights.Load(file, compute: compute));

        Bound(ulong.MaxValue);
        using PackedWeights again = PackedWeights.Map(file, compute: compute);
        Multiply(again, Rows);
        Multiply(int4, Rows);
        small.Repeat();
        Console.WriteLine("afterwards all works");
        return 0;

        void Try(string what, Func<object> attempt)
        {
            string got = "no exception";
            try
            {
                attempt();
            }
#pragma warning disable CA1031 // the test looks at what it was
            catch (Exception failure)
#pragma warning restore CA1031
            {
                got = failure.GetType().Name;
            }

            small.Repeat();
            Console.WriteLine($"{what}: {got}");
        }
    }

    private static ReadOnlySpan<float> Zeros(int count) => new(s_zeros, count);

    private static float[] Multiply(PackedWeights weights, int rows)
    {
        var y = new float[rows * weights.OutFeatures];
        weights.MatMul(Zeros(rows * weights.InFeatures), y, rows);
        return y;
    }

    private static ulong MappedBytes() =>
        ulong.Parse(File.ReadAllText("/proc/self/statm").Split(' ')[0]) * (ulong)Environment.SystemPageSize;

    private static void Bound(ulong bytes)
    {
        var limit = new Limit { Soft = bytes, Hard = ulong.MaxValue };
        if (setrlimit(AddressSpace, &limit) != 0)
        {
            throw new InvalidOperationException($"setrlimit failed: {Marshal.GetLastPInvokeErrorMessage()}");
        }
    }

    [DllImport("libc", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int setrlimit(int resource, Limit* limit);

    private struct Limit
    {
        public ulong Soft;
        public ulong Hard;
    }

    /// <summary>Packing and multiplying that needs little, and must give the same bits each time.</summary>
    private sealed class SmallWork : IDisposable
    {
        private const int M = 3, SmallN = 40, SmallK = 64;

        private readonly ComputeContext compute;
        private readonly float[] values = new Drawn(1).Values(SmallN * SmallK);
        private readonly float[] x = new Drawn(2).Values(M * SmallK);
        private readonly float[] expected = new float[M * SmallN];
        private readonly float[] actual = new float[M * SmallN];
        private readonly PackedWeights kept;

        public SmallWork(ComputeContext compute)
        {
            this.compute = compute;
            kept = PackedWeights.Quantize(values, SmallN, SmallK, s_int4, compute: compute);
            kept.MatMul(x, expected, M);
            Repeat();
        }

        public void Repeat()
        {
            kept.MatMul(x, actual, M);
            Parity.AssertSameBits(expected, actual);
            using PackedWeights packed = PackedWeights.Quantize(values, SmallN, SmallK, s_int4, compute: compute);
            packed.MatMul(x, actual, M);
            Parity.AssertSameBits(expected, actual);
        }

        public void Dispose() => kept.Dispose();
    }
}
