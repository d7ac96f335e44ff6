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
    private const string ThreadsVariable = "KLEIDISHARP_THREADS";
    private const int MaxThreads = 1024;

    private static readonly Lazy<ComputeContext> s_default = new(() => new ComputeContext());
    private static readonly Lazy<CpuFeatures> s_localCpu = new(() =>
        NativeLoader.TryLoad(out _) ? NativeBackend.ReadCpu() : CpuFeatures.FromRuntime());

    private readonly IBackend backend;
    private int disposed;

    /// <summary>Creates a context; its worker threads run until it is disposed of.</summary>
    /// <param name="options">What it is made of; null for the defaults.</param>
    /// <exception cref="ArgumentException">An option is out of its range or contradicts another.</exception>
    /// <exception cref="InvalidOperationException">
    /// KLEIDISHARP_DISABLE or KLEIDISHARP_THREADS cannot be understood.
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
        DisabledTiers = options.DisabledTiers | TiersFromEnvironment();
        backend = CreateBackend(options, loadNative);
        Kernels = [.. backend.Kernels.Select(kernel => kernel with { IsEnabled = (kernel.Tier & DisabledTiers) == 0 })];
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

    /// <summary>The processor that does the work.</summary>
    public CpuFeatures Cpu => backend.Cpu;

    /// <summary>The kernels of this context in order of preference: of those that fit, the first is used.</summary>
    public IReadOnlyList<KernelInfo> Kernels { get; }

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

    /// <summary>The kernel for a request, and those before it in the table that do not serve.</summary>
    /// <exception cref="PlatformNotSupportedException">None serves; the message says why each does not.</exception>
    internal KernelInfo Choose(WeightFormat format, WeightLayout? layout, long rows, out List<KernelRejection> rejected)
    {
        var request = new KernelRequest(format, layout, rows, DisabledTiers);
        rejected = [];
        foreach (KernelInfo kernel in Kernels)
        {
            KernelReject reason = Implementation.Check(kernel.Index, request);
            if (reason == KernelReject.None)
            {
                return kernel;
            }

            if (kernel.Kind == format.Kind)
            {
                rejected.Add(new KernelRejection(kernel, reason, kernel.Explain(reason)));
            }
        }

        string reasons = string.Join("; ", rejected.Select(rejection => $"{rejection.Kernel.Name}: {rejection.Explanation}"));
        string ofLayout = layout is null ? string.Empty : $" of layout {layout}";
        throw new PlatformNotSupportedException($"No kernel multiplies {format} weights{ofLayout} here (CPU: {Cpu}). {reasons}");
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

    private static KernelTiers TiersFromEnvironment()
    {
        try
        {
            return TierNames.Parse(Environment.GetEnvironmentVariable(DisableVariable) ?? string.Empty);
        }
        catch (FormatException e)
        {
            throw new InvalidOperationException(
                $"The environment variable {DisableVariable} cannot be understood: {e.Message}.", e);
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

        Log.NativeMissing(Logger, failure);
        return new ManagedBackend(Threads);
    }
}
