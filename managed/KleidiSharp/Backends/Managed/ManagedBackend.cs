// SPDX-License-Identifier: Apache-2.0
using System.Runtime.Intrinsics;

namespace KleidiSharp;

/// <summary>Works in C#: for machines without a native library, and to compare one with.</summary>
internal sealed unsafe class ManagedBackend(int threads) : IBackend
{
    private static readonly KernelInfo[] s_kernels =
    [
        Describe(0, "managed_int4_group_n32k4", WeightKind.Int4Group, WeightLayout.Int4N32K4),
        Describe(1, "managed_int4_channel_n32k4", WeightKind.Int4Channel, WeightLayout.Int4ChannelN32K4),
        Describe(2, "managed_int8_channel_n32k4", WeightKind.Int8Channel, WeightLayout.Int8ChannelN32K4),
        Describe(3, "managed_int2_channel_n32k4", WeightKind.Int2Channel, WeightLayout.Int2ChannelN32K4),
        Describe(4, "managed_q4_0_n32k4", WeightKind.Q4_0, WeightLayout.Q4_0N32K4),
        Describe(5, "managed_int4_asymmetric_n32k4", WeightKind.Int4Asymmetric, WeightLayout.Int4AsymmetricN32K4),
        Describe(6, "managed_f32_n16", WeightKind.Float32, WeightLayout.Float32N16),
        Describe(7, "managed_f16_n16", WeightKind.Float16, WeightLayout.Float16N16),
        Describe(8, "managed_bf16_n16", WeightKind.BFloat16, WeightLayout.BFloat16N16),
    ];

    private readonly WorkerTeam team = new(threads);
    private readonly Pool<ManagedMatMul> calls = new(static () => new ManagedMatMul());

    public ComputeBackend Kind => ComputeBackend.Managed;

    public CpuFeatures Cpu { get; } = ComputeContext.LocalCpu;

    public IReadOnlyList<KernelInfo> Kernels => s_kernels;

    public KernelReject Check(int kernel, in KernelRequest request)
    {
        KernelInfo info = s_kernels[kernel];
        return info.Kind != request.Format.Kind ? KernelReject.Format
            : (request.DisabledTiers & info.Tier) != 0 ? KernelReject.Tier
            : request.Layout is { } layout && layout != info.Layout ? KernelReject.Layout
            : KernelReject.None;
    }

    public void VerifyLayout(WeightLayout layout)
    {
        // The kernels read what the packers here write: there is no second opinion.
    }

    public void Quantize(float* weights, int outFeatures, int inFeatures, WeightFormat format, WeightMemory to) =>
        RowChunks.ForEach(threads, outFeatures, 1, (begin, end) =>
            ReferenceKernels.QuantizeRows(format, inFeatures, weights, begin, end, to));

    public BlobMemory Pack(in PackedShape shape, WeightMemory source)
    {
        PackedShape what = shape;
        BlobMemory memory = BlobMemory.Allocate(shape.BlobBytes);
        RowChunks.ForEach(threads, (int)shape.Panels, 1, (begin, end) =>
            PackedPanels.Pack(what, source, begin, end, memory.Address + PackedShape.HeaderSize));
        BlobHeader.Seal(shape, memory);
        return memory;
    }

    public void MatMul(PackedBlob blob, in MatMulArguments arguments)
    {
        PackedShape shape = blob.Shape;
        var request = new KernelRequest(
            shape.Format,
            shape.Layout,
            arguments.Rows,
            shape.OutFeatures,
            shape.InFeatures,
            arguments.DisabledTiers,
            shape.VectorBytes);
        int kernel = Math.Max(arguments.Kernel, 0);
        while (Check(kernel, request) != KernelReject.None)
        {
            if (arguments.Kernel >= 0 || ++kernel == s_kernels.Length)
            {
                throw new PlatformNotSupportedException(
                    $"The managed path does not read layout {blob.Shape.Layout}, or is switched off; "
                    + "repack the weights for this context.");
            }
        }

        ManagedMatMul call = calls.Rent();
        try
        {
            call.Run(blob, arguments, team, threads);
        }
        finally
        {
            calls.Return(call);
        }
    }

    public void Run(TeamWork work, int pieces) => team.Run(work, pieces);

    public void Dispose()
    {
        team.Dispose();
        calls.Dispose();
    }

    private static KernelInfo Describe(int index, string name, WeightKind kind, WeightLayout layout) => new()
    {
        Index = index,
        Name = name,
        Origin = "KleidiSharp",
        Note = Vector256.IsHardwareAccelerated
            ? "C# on 256-bit vectors"
            : Vector128.IsHardwareAccelerated ? "C# on 128-bit vectors" : "C# without vectors",
        Kind = kind,
        Layout = layout,
        Tier = KernelTiers.Managed,
        Needs = CpuFeature.None,
        MinRows = 1,
        MaxRows = long.MaxValue,
        IsCompiled = true,
        IsSupported = true,
        NotCompiledReason = string.Empty,
    };
}
