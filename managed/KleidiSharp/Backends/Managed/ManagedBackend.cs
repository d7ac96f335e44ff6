// SPDX-License-Identifier: Apache-2.0
using System.Runtime.Intrinsics;

namespace KleidiSharp;

/// <summary>Works in C#: for machines without a native library, and to compare one with.</summary>
internal sealed unsafe class ManagedBackend(int threads) : IBackend
{
    private static readonly KernelInfo[] s_kernels =
    [
        Describe(0, "managed_int4_group_n32k4", WeightKind.Int4Group, WeightLayout.Int4N32K4),
        Describe(1, "managed_f32_n16", WeightKind.Float32, WeightLayout.Float32N16),
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
        // The kernels read what PackedLayout writes: there is no second opinion.
    }

    public void QuantizeInt4(
        ReadOnlySpan<float> weights, int outFeatures, int inFeatures, int groupSize, Span<byte> codes, Span<ushort> scales) =>
        RowChunks.ForEachGroup(threads, weights, outFeatures, groupSize, codes, scales, ReferenceKernels.QuantizeGroup);

    public BlobMemory Pack(in PackedShape shape, in PackSource source)
    {
        PackedShape what = shape;
        int panelLength = shape.PanelLength;
        BlobMemory memory = BlobMemory.Allocate(shape.BlobBytes);
        int valueCount = source.Values.Length;
        int codeCount = source.Codes.Length;
        int scaleCount = source.Scales.Length;
        int biasCount = source.Bias.Length;
        fixed (float* v = source.Values)
        fixed (byte* c = source.Codes)
        fixed (ushort* s = source.Scales)
        fixed (float* b = source.Bias)
        {
            float* values = v;
            byte* codes = c;
            ushort* scales = s;
            float* bias = b;
            RowChunks.ForEach(threads, (int)shape.Panels, 1, (begin, end) =>
            {
                var part = new PackSource
                {
                    Values = new ReadOnlySpan<float>(values, valueCount),
                    Codes = new ReadOnlySpan<byte>(codes, codeCount),
                    Scales = new ReadOnlySpan<ushort>(scales, scaleCount),
                    Bias = new ReadOnlySpan<float>(bias, biasCount),
                };
                for (int index = begin; index < end; index++)
                {
                    PackedLayout.Pack(what, index, part, new Span<byte>(
                        memory.Address + PackedShape.HeaderSize + (index * what.PanelBytes), panelLength));
                }
            });
        }

        BlobHeader.Seal(shape, memory);
        return memory;
    }

    public void MatMul(PackedBlob blob, in MatMulArguments arguments)
    {
        var request = new KernelRequest(blob.Shape.Format, blob.Shape.Layout, arguments.Rows, arguments.DisabledTiers);
        int kernel = 0;
        while (Check(kernel, request) != KernelReject.None)
        {
            if (++kernel == s_kernels.Length)
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
