// SPDX-License-Identifier: Apache-2.0
using System.Globalization;
using KleidiSharp.Interop;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace KleidiSharp;

/// <summary>
/// Where multiplications run: the library or device, its threads and the tiers that may be used. One context may serve
/// any number of weights and threads; calls that find its worker threads busy work on their caller's thread alone.
/// </summary>
public sealed class ComputeContext : IDisposable
{
    private const string DisableVariable = "KLEIDISHARP_DISABLE";
    private const string EnableVariable = "KLEIDISHARP_ENABLE";
    private const string ThreadsVariable = "KLEIDISHARP_THREADS";
    private const int MaxThreads = 1024;

    private static readonly Lazy<ComputeContext> s_default = new(() => new ComputeContext());
    private static readonly Lazy<CpuFeatures> s_localCpu = new(() =>
        NativeLoader.TryLoad(out _) ? NativeBackend.ReadCpu() : CpuFeatures.FromRuntime());

    private readonly IBackend backend;
    private readonly KernelInfo? forced;
    private int disposed;

    /// <summary>Creates a context; its worker threads run until it is disposed of.</summary>
    /// <param name="options">What it is made of; null for the defaults.</param>
    /// <exception cref="ArgumentException">An option is out of its range or contradicts another.</exception>
    /// <exception cref="InvalidOperationException">
    /// KLEIDISHARP_DISABLE, KLEIDISHARP_ENABLE or KLEIDISHARP_THREADS cannot be understood.
    /// </exception>
    /// <exception cref="DllNotFoundException">
    /// The native library is required and cannot be loaded; the message says what was tried.
    /// </exception>
    public ComputeContext(ComputeOptions? options = null)
        : this(options ?? new ComputeOptions(), static () => NativeLoader.TryLoad(out string? failure) ? null : failure)
    {
    }

    /// <param name="options">What it is made of.</param>
    /// <param name="loadNative">Loads the native library; returns null, or why it cannot be loaded.</param>
    internal ComputeContext(ComputeOptions options, Func<string?> loadNative)
    {
        Logger = options.LoggerFactory?.CreateLogger("KleidiSharp") ?? (ILogger)NullLogger.Instance;
        Threads = ChooseThreads(options);
        DisabledTiers = options.DisabledTiers | TiersFromEnvironment(DisableVariable);
        KernelTiers enabled = options.EnabledTiers | TiersFromEnvironment(EnableVariable);
        backend = CreateBackend(options, loadNative);
        KernelInfo? wanted = FindForced(options);
        TiersOff = DisabledTiers | (TierNames.OnRequest & ~(enabled | (wanted?.Tier ?? KernelTiers.None)));
        Kernels = [.. backend.Kernels.Select(kernel => kernel with { IsEnabled = (kernel.Tier & TiersOff) == 0 })];
        forced = wanted is null ? null : Kernels[wanted.Index];
        if (DisabledTiers != KernelTiers.None)
        {
            Log.TiersDisabled(Logger, TierNames.Format(DisabledTiers));
        }
    }

    /// <summary>
    /// The context of calls that name none: all defaults. It lives as long as the process; disposing of it does
    /// nothing.
    /// </summary>
    public static ComputeContext Default => s_default.Value;

    /// <summary>What does the work; never <see cref="ComputeBackend.Auto"/>.</summary>
    public ComputeBackend Backend => backend.Kind;

    /// <summary>Threads that share the work of a call, the caller's included.</summary>
    public int Threads { get; }

    /// <summary>Tiers that are switched off, by the options or the environment.</summary>
    public KernelTiers DisabledTiers { get; }

    /// <summary>The kernel that has to run for weights of its format; null for the first that fits.</summary>
    public string? Kernel => forced?.Name;

    /// <summary>The processor that does the work.</summary>
    public CpuFeatures Cpu => backend.Cpu;

    /// <summary>The kernels of this context in order of preference: of those that fit, the first is used.</summary>
    public IReadOnlyList<KernelInfo> Kernels { get; }

    /// <summary>What kernels may not use: the disabled tiers, and those on request that were not asked for.</summary>
    internal KernelTiers TiersOff { get; }

    internal static CpuFeatures LocalCpu => s_localCpu.Value;

    internal ILogger Logger { get; }

    /// <summary>The backend, where the context was not disposed of.</summary>
    internal IBackend Implementation
    {
        get
        {
            ObjectDisposedException.ThrowIf(Volatile.Read(ref disposed) != 0, this);
            return backend;
        }
    }

    /// <summary>Stops the worker threads, after the call that is under way.</summary>
    public void Dispose()
    {
        bool isDefault = s_default.IsValueCreated && ReferenceEquals(this, s_default.Value);
        if (!isDefault && Interlocked.Exchange(ref disposed, 1) == 0)
        {
            backend.Dispose();
        }
    }

    /// <summary>Runs work on the threads that multiply; see <see cref="IBackend.Run"/>. Allocates nothing.</summary>
    internal void Run(TeamWork work, int pieces) => Implementation.Run(work, pieces);

    /// <summary>Index of the kernel that has to run for weights of a format; -1 for the first that fits.</summary>
    internal int ForcedFor(WeightFormat format) => forced is not null && forced.Kind == format.Kind ? forced.Index : -1;

    internal KernelRequest RequestFor(in PackedShape shape, int rows) =>
        new(shape.Format, shape.Layout, rows, shape.OutFeatures, shape.InFeatures, TiersOff, shape.VectorBytes);

    /// <summary>The kernel whose layout weights are packed for.</summary>
    /// <exception cref="PlatformNotSupportedException">None serves; the message says why each does not.</exception>
    internal KernelInfo ChooseLayout(WeightFormat format, int outFeatures, int inFeatures, WeightLayout? layout = null)
    {
        int vectorBytes = Kernels.FirstOrDefault(kernel => kernel.Layout == layout)?.VectorBytes ?? 0;
        return Choose(new KernelRequest(format, layout, 0, outFeatures, inFeatures, TiersOff, vectorBytes), out _);
    }

    /// <summary>The kernel for a request, and those before it in the table that do not serve.</summary>
    /// <exception cref="PlatformNotSupportedException">None serves; the message says why each does not.</exception>
    internal KernelInfo Choose(in KernelRequest request, out List<KernelRejection> rejected)
    {
        rejected = [];
        int only = ForcedFor(request.Format);
        foreach (KernelInfo kernel in Kernels)
        {
            if (kernel.Kind != request.Format.Kind || (only >= 0 && kernel.Index != only))
            {
                continue;
            }

            KernelReject reason = Implementation.Check(kernel.Index, request);
            if (reason == KernelReject.None || (only >= 0 && MayBeForced(reason, request)))
            {
                return kernel;
            }

            rejected.Add(new KernelRejection(kernel, reason, kernel.Explain(reason)));
        }

        string reasons = string.Join("; ", rejected.Select(rejection => $"{rejection.Kernel.Name}: {rejection.Explanation}"));
        string ofLayout = request.Layout is null ? string.Empty : $" of layout {request.Layout}";
        throw new PlatformNotSupportedException(
            $"No kernel multiplies {request.Format} weights{ofLayout} here (CPU: {Cpu}). {reasons}");
    }

    // A layout may be packed for one kernel that does not take every number of rows.
    private static bool MayBeForced(KernelReject reason, in KernelRequest request) =>
        reason == KernelReject.Inexact || (reason == KernelReject.Rows && request.Rows == 0);

    private KernelInfo? FindForced(ComputeOptions options)
    {
        if (options.Kernel is not { } name)
        {
            return null;
        }

        if (backend.Kernels.FirstOrDefault(kernel => kernel.Name == name) is { } found)
        {
            return found;
        }

        backend.Dispose();
        throw new ArgumentException(
            $"Kernel is '{name}', of which there is none; there are "
            + $"{string.Join(", ", backend.Kernels.Select(kernel => kernel.Name))}.",
            nameof(options));
    }

    private static int ChooseThreads(ComputeOptions options)
    {
        if (options.Threads is { } threads)
        {
            return threads is >= 1 and <= MaxThreads
                ? threads
                : throw new ArgumentException($"Threads is {threads}; it must be 1 to {MaxThreads}.", nameof(options));
        }

        if (options.Device is not null)
        {
            return 1;
        }

        string? text = Environment.GetEnvironmentVariable(ThreadsVariable);
        if (string.IsNullOrWhiteSpace(text))
        {
            return Math.Min(Environment.ProcessorCount, MaxThreads);
        }

        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int wanted)
            && wanted is >= 1 and <= MaxThreads
            ? wanted
            : throw new InvalidOperationException(
                $"The environment variable {ThreadsVariable} is '{text}'; it must be 1 to {MaxThreads}.");
    }

    private static KernelTiers TiersFromEnvironment(string variable)
    {
        try
        {
            return TierNames.Parse(Environment.GetEnvironmentVariable(variable) ?? string.Empty);
        }
        catch (FormatException e)
        {
            throw new InvalidOperationException(
                $"The environment variable {variable} cannot be understood: {e.Message}.", e);
        }
    }

    private IBackend CreateBackend(ComputeOptions options, Func<string?> loadNative)
    {
        bool device = options.Backend == ComputeBackend.Device;
        if (device != options.Device is not null && (device || options.Backend != ComputeBackend.Auto))
        {
            throw new ArgumentException(
                $"Backend {options.Backend} {(device ? "needs a" : "does not go with a")} Device.", nameof(options));
        }

        if (options.RequireNative && (options.Device is not null || options.Backend == ComputeBackend.Managed))
        {
            throw new ArgumentException("RequireNative does not go with a Device or the managed backend.", nameof(options));
        }

        if (options.Device is not null)
        {
            return new DeviceBackend(options.Device, Threads);
        }

        if (options.Backend == ComputeBackend.Managed)
        {
            return new ManagedBackend(Threads);
        }

        string? failure = loadNative();
        if (failure is null)
        {
            var native = new NativeBackend(Threads);
            Log.NativeLoaded(Logger, native.Version, NativeLoader.LoadedPath ?? "?", native.KleidiAIVersion, native.Cpu, Threads);
            return native;
        }

        if (options.RequireNative || options.Backend == ComputeBackend.Native)
        {
            throw new DllNotFoundException(failure);
        }

        Log.NativeMissingOnce(options.LoggerFactory, Logger, failure);
        return new ManagedBackend(Threads);
    }
}
