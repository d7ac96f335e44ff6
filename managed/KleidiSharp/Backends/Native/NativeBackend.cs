// SPDX-License-Identifier: Apache-2.0
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using KleidiSharp.Interop;

namespace KleidiSharp;

/// <summary>Works in the native library: one call of it per operation.</summary>
internal sealed unsafe class NativeBackend : IBackend
{
    private const uint KnownTiers = (uint)(ks_tier.KS_TIER_PORTABLE | ks_tier.KS_TIER_NEON | ks_tier.KS_TIER_DOTPROD
        | ks_tier.KS_TIER_I8MM | ks_tier.KS_TIER_AVX2 | ks_tier.KS_TIER_AVX512VNNI);

    // More rows than any kernel takes at once: what they need of scratch, more rows do not exceed.
    private const long ManyRows = 1 << 20;

    private readonly int threads;
    private readonly NativeTeam? team;
    private readonly Pool<ScratchBuffer> scratchBuffers = new(static () => new ScratchBuffer());
    private readonly ConditionalWeakTable<BlobMemory, ScratchNeed> scratchNeeds = [];

    public NativeBackend(int threads)
    {
        this.threads = threads;
        Kernels = [.. Enumerable.Range(0, NativeMethods.ks_kernel_count()).Select(ReadKernel)];
        Cpu = ReadCpu();
        team = threads > 1 ? new NativeTeam(threads - 1) : null;
    }

    public ComputeBackend Kind => ComputeBackend.Native;

    public CpuFeatures Cpu { get; }

    public IReadOnlyList<KernelInfo> Kernels { get; }

    public string Version { get; } = NativeStatus.Text(NativeMethods.ks_version());

    /// <summary>Empty where none is linked in.</summary>
    public string KleidiAIVersion { get; } = NativeStatus.Text(NativeMethods.ks_kleidiai_version());

    public static CpuFeatures ReadCpu()
    {
        var info = new ks_cpu_info { struct_size = (uint)sizeof(ks_cpu_info) };
        NativeStatus.ThrowIfFailed(NativeMethods.ks_get_cpu_info(&info));
        return new CpuFeatures(ToArchitecture(info.arch), (CpuFeature)info.features, (int)info.sve_bytes);
    }

    public static Architecture? ToArchitecture(uint arch) => (ks_arch)arch switch
    {
        ks_arch.KS_ARCH_X64 => Architecture.X64,
        ks_arch.KS_ARCH_ARM64 => Architecture.Arm64,
        _ => null,
    };

    /// <summary>The tiers that the C ABI knows; it has no word for those of .NET and those without kernels.</summary>
    public static uint ToNative(KernelTiers tiers) => (uint)tiers & KnownTiers;

    public KernelReject Check(int kernel, in KernelRequest request)
    {
        var args = new ks_select_args
        {
            struct_size = (uint)sizeof(ks_select_args),
            format = (int)request.Format.Kind,
            layout = (int)(request.Layout ?? 0),
            group = request.Format.GroupSize,
            m = request.Rows,
            disabled_tiers = ToNative(request.DisabledTiers),
        };
        int reason;
        NativeStatus.ThrowIfFailed(NativeMethods.ks_check_kernel(kernel, &args, &reason));
        return (KernelReject)reason;
    }

    public void VerifyLayout(WeightLayout layout) => NativeStatus.ThrowIfFailed(NativeMethods.ks_verify_layout((int)layout));

    public void QuantizeInt4(
        ReadOnlySpan<float> weights, int outFeatures, int inFeatures, int groupSize, Span<byte> codes, Span<ushort> scales)
    {
        long codesPerRow = inFeatures / 2;
        long scalesPerRow = inFeatures / groupSize;
        fixed (float* w = weights)
        fixed (byte* c = codes)
        fixed (ushort* s = scales)
        {
            // A lambda cannot hold a fixed pointer.
            float* firstWeight = w;
            byte* firstCode = c;
            ushort* firstScale = s;
            RowChunks.ForEach(threads, outFeatures, 1, (begin, end) =>
            {
                var args = new ks_quantize_args
                {
                    struct_size = (uint)sizeof(ks_quantize_args),
                    group = groupSize,
                    n = end - begin,
                    k = inFeatures,
                    weights = firstWeight + ((long)begin * inFeatures),
                    weights_stride = inFeatures,
                    codes = firstCode + (begin * codesPerRow),
                    codes_size = (ulong)((end - begin) * codesPerRow),
                    scales = firstScale + (begin * scalesPerRow),
                    scales_count = (ulong)((end - begin) * scalesPerRow),
                };
                NativeStatus.ThrowIfFailed(NativeMethods.ks_quantize_int4(&args));
            });
        }
    }

    public BlobMemory Pack(in PackedShape shape, in PackSource source)
    {
        PackedShape what = shape;
        bool isFloat = shape.Format.Kind == WeightKind.Float32;
        BlobMemory memory = BlobMemory.Allocate(shape.BlobBytes);
        fixed (float* v = source.Values)
        fixed (byte* c = source.Codes)
        fixed (ushort* s = source.Scales)
        fixed (float* b = source.Bias)
        {
            void* weights = isFloat ? v : c;
            ushort* scales = s;
            float* bias = b;
            RowChunks.ForEach(threads, shape.OutFeatures, shape.PanelColumns, (begin, end) =>
            {
                ks_shape native = ToNative(what);
                var args = new ks_pack_args
                {
                    struct_size = (uint)sizeof(ks_pack_args),
                    shape = &native,
                    n_begin = begin,
                    n_end = end,
                    weights = weights,
                    weights_stride_bytes = what.RowBytes,
                    scales = scales,
                    scales_stride = what.Groups,
                    bias = bias,
                    packed = memory.Address,
                    packed_size = (ulong)memory.Size,
                };
                NativeStatus.ThrowIfFailed(NativeMethods.ks_pack(&args));
            });
        }

        ks_shape sealedShape = ToNative(shape);
        NativeStatus.ThrowIfFailed(NativeMethods.ks_pack_seal(&sealedShape, memory.Address, (ulong)memory.Size));
        return memory;
    }

    public void MatMul(PackedBlob blob, in MatMulArguments arguments)
    {
        ScratchBuffer scratch = scratchBuffers.Rent();
        bool teamHeld = false;
        try
        {
            team?.DangerousAddRef(ref teamHeld);
            var args = new ks_matmul_args
            {
                struct_size = (uint)sizeof(ks_matmul_args),
                kernel = -1,
                disabled_tiers = ToNative(arguments.DisabledTiers),
                packed = blob.Memory.Address,
                packed_size = (ulong)blob.Memory.Size,
                m = arguments.Rows,
                x_stride = arguments.XStride,
                x_count = (ulong)arguments.X.Length,
                y_stride = arguments.YStride,
                y_count = (ulong)arguments.Y.Length,
                clamp_min = arguments.Clamp.Minimum,
                clamp_max = arguments.Clamp.Maximum,
                team = team is null ? null : team.Team,
            };
            ScratchNeed need = scratchNeeds.TryGetValue(blob.Memory, out ScratchNeed? known)
                ? known
                : MeasureScratch(blob.Memory, args);
            args.scratch = scratch.Reserve(arguments.Rows == 1 ? need.OneRow : need.ManyRows);
            args.scratch_size = scratch.Size;
            fixed (float* x = arguments.X)
            fixed (float* y = arguments.Y)
            {
                args.x = x;
                args.y = y;
                NativeStatus.ThrowIfFailed(NativeMethods.ks_matmul(&args));
            }
        }
        finally
        {
            if (teamHeld)
            {
                team!.DangerousRelease();
            }

            scratchBuffers.Return(scratch);
        }
    }

    public void Dispose()
    {
        team?.Stop();
        scratchBuffers.Dispose();
    }

    // Not in the caller: there the closure would be allocated by every call.
    private ScratchNeed MeasureScratch(BlobMemory memory, ks_matmul_args args) =>
        scratchNeeds.GetValue(memory, _ => new ScratchNeed(ScratchSize(args, 1), ScratchSize(args, ManyRows)));

    private static ulong ScratchSize(ks_matmul_args args, long rows)
    {
        args.m = rows;
        ulong size;
        NativeStatus.ThrowIfFailed(NativeMethods.ks_matmul_scratch_size(&args, &size));
        return size;
    }

    private static ks_shape ToNative(in PackedShape shape) => new()
    {
        struct_size = (uint)sizeof(ks_shape),
        format = (int)shape.Format.Kind,
        layout = (int)shape.Layout,
        group = shape.Format.GroupSize,
        n = shape.OutFeatures,
        k = shape.InFeatures,
    };

    private static KernelInfo ReadKernel(int index)
    {
        var info = new ks_kernel_info { struct_size = (uint)sizeof(ks_kernel_info) };
        NativeStatus.ThrowIfFailed(NativeMethods.ks_get_kernel_info(index, &info));
        return new KernelInfo
        {
            Index = index,
            Name = NativeStatus.Text(info.name),
            Origin = NativeStatus.Text(info.origin),
            Note = NativeStatus.Text(info.note),
            Kind = (WeightKind)info.format,
            Layout = (WeightLayout)info.layout,
            Tier = (KernelTiers)info.tier,
            Needs = (CpuFeature)info.needs,
            MinRows = info.min_rows,
            MaxRows = info.max_rows,
            IsCompiled = info.compiled != 0,
            IsSupported = info.supported != 0,
            NotCompiledReason = NativeStatus.Text(info.not_compiled_reason),
        };
    }

    private sealed record ScratchNeed(ulong OneRow, ulong ManyRows);
}
