// SPDX-License-Identifier: Apache-2.0
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using KleidiSharp.Interop;

namespace KleidiSharp;

/// <summary>Works in the native library: one call of it per operation.</summary>
internal sealed unsafe class NativeBackend : IBackend
{
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
        return new CpuFeatures(
            ToArchitecture(info.arch), (CpuFeature)info.features, (int)info.sve_bytes, (int)info.sme_bytes, (int)info.sme_units);
    }

    public static Architecture? ToArchitecture(uint arch) => (ks_arch)arch switch
    {
        ks_arch.KS_ARCH_X64 => Architecture.X64,
        ks_arch.KS_ARCH_ARM64 => Architecture.Arm64,
        _ => null,
    };

    /// <summary>The tiers that the C ABI knows; it has no word for that of .NET.</summary>
    public static uint ToNative(KernelTiers tiers) => (uint)(tiers & ~KernelTiers.Managed);

    public KernelReject Check(int kernel, in KernelRequest request)
    {
        var args = new ks_select_args
        {
            struct_size = (uint)sizeof(ks_select_args),
            format = (int)request.Format.Kind,
            layout = (int)(request.Layout ?? 0),
            group = request.Format.GroupSize,
            m = request.Rows,
            n = request.OutFeatures,
            k = request.InFeatures,
            disabled_tiers = ToNative(request.DisabledTiers),
            vector_bytes = request.VectorBytes,
        };
        int reason;
        NativeStatus.ThrowIfFailed(NativeMethods.ks_check_kernel(kernel, &args, &reason));
        return (KernelReject)reason;
    }

    public void VerifyLayout(WeightLayout layout) => NativeStatus.ThrowIfFailed(NativeMethods.ks_verify_layout((int)layout));

    public void Quantize(float* weights, int outFeatures, int inFeatures, WeightFormat format, WeightMemory to)
    {
        FormatTraits traits = format.Traits;
        long rowBytes = traits.RowBytes(inFeatures);
        long groups = traits.ScalesPerRow(inFeatures, format.GroupSize);
        RowChunks.ForEach(threads, outFeatures, 1, (begin, end) =>
        {
            var args = new ks_quantize_args
            {
                struct_size = (uint)sizeof(ks_quantize_args),
                format = (int)format.Kind,
                group = format.GroupSize,
                n = end - begin,
                k = inFeatures,
                weights = weights + ((long)begin * inFeatures),
                weights_stride = inFeatures,
                codes = to.Rows + (begin * rowBytes),
                codes_size = (ulong)((end - begin) * rowBytes),
                scales = to.Scales == null ? null : to.Scales + (begin * groups * traits.ScaleBytes),
                scales_count = (ulong)((end - begin) * groups),
                zeros = to.Zeros == null ? null : to.Zeros + (begin * groups),
                zeros_count = (ulong)(to.Zeros == null ? 0 : (end - begin) * groups),
            };
            NativeStatus.ThrowIfFailed(NativeMethods.ks_quantize(&args));
        });
    }

    public BlobMemory Pack(in PackedShape shape, WeightMemory source)
    {
        PackedShape what = shape;
        BlobMemory memory = BlobMemory.AllocateUncleared(shape.BlobBytes);
        RowChunks.ForEach(threads, shape.OutFeatures, shape.PanelColumns, (begin, end) =>
        {
            ks_shape native = ToNative(what);
            var args = new ks_pack_args
            {
                struct_size = (uint)sizeof(ks_pack_args),
                shape = &native,
                n_begin = begin,
                n_end = end,
                weights = source.Rows,
                weights_stride_bytes = what.RowBytes,
                scales = source.Scales,
                scales_stride = what.ScalesPerRow,
                zeros = source.Zeros,
                zeros_stride = source.Zeros == null ? 0 : what.ScalesPerRow,
                bias = source.Bias,
                packed = memory.Address,
                packed_size = (ulong)memory.Size,
            };
            NativeStatus.ThrowIfFailed(NativeMethods.ks_pack(&args));
        });

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
                kernel = arguments.Kernel,
                disabled_tiers = ToNative(arguments.DisabledTiers),
                packed = blob.Memory.Address,
                packed_size = (ulong)blob.Memory.Size,
                m = arguments.Rows,
                x = arguments.X,
                x_stride = arguments.XStride,
                x_count = (ulong)arguments.XCount,
                y = arguments.Y,
                y_stride = arguments.YStride,
                y_count = (ulong)arguments.YCount,
                x_type = (int)arguments.XFormat.Type,
                y_type = (int)arguments.YFormat.Type,
                x_scale = arguments.XFormat.Quantization.Scale,
                x_zero_point = arguments.XFormat.Quantization.ZeroPoint,
                y_scale = arguments.YFormat.Quantization.Scale,
                y_zero_point = arguments.YFormat.Quantization.ZeroPoint,
                clamp_min = arguments.Clamp.Minimum,
                clamp_max = arguments.Clamp.Maximum,
                team = team is null ? null : team.Team,
            };
            args.scratch = scratch.Reserve(ScratchSize(blob.Memory, arguments, args));
            args.scratch_size = scratch.Size;
            NativeStatus.ThrowIfFailed(NativeMethods.ks_matmul(&args));
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

    public void Run(TeamWork work, int pieces)
    {
        if (team is not null && pieces > 1)
        {
            team.Run(work, pieces);
            return;
        }

        for (int piece = 0; piece < pieces; piece++)
        {
            work.Run(piece);
        }
    }

    public void Dispose()
    {
        team?.Stop();
        scratchBuffers.Dispose();
    }

    // What is asked for again and again is remembered.
    private ulong ScratchSize(BlobMemory memory, in MatMulArguments arguments, in ks_matmul_args args)
    {
        if (arguments.Kernel >= 0 || arguments.XFormat != default || arguments.YFormat != default)
        {
            return ScratchSize(args, arguments.Rows);
        }

        ScratchNeed need = scratchNeeds.TryGetValue(memory, out ScratchNeed? known) ? known : MeasureScratch(memory, args);
        return arguments.Rows == 1 ? need.OneRow : need.ManyRows;
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
        vector_bytes = shape.VectorBytes,
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
            MinColumns = info.min_columns,
            VectorBytes = info.vector_bytes,
            IsExact = info.exact != 0,
            IsCompiled = info.compiled != 0,
            IsSupported = info.supported != 0,
            NotCompiledReason = NativeStatus.Text(info.not_compiled_reason),
        };
    }

    private sealed record ScratchNeed(ulong OneRow, ulong ManyRows);
}
