// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp.Tool.Doctor;

/// <summary>The kernel table of a context, with what is chosen when.</summary>
internal static class KernelTable
{
    // One row, a few, and many: kernels are made for these.
    private static readonly int[] Rows = [1, 2, 4, 16, 128];

    private const int Columns = 256;

    public static IReadOnlyList<KernelReport> Of(ComputeContext compute)
    {
        Dictionary<WeightKind, List<KernelChoice>> choices =
            Enum.GetValues<WeightKind>().ToDictionary(kind => kind, kind => Choices(FormatOf(kind, 32), compute));
        return [.. compute.Kernels.Select(kernel => Describe(kernel, compute, choices[kernel.Kind]))];
    }

    /// <summary>For instance "int4", "q4_0" or "f32".</summary>
    public static string Format(WeightKind kind) => WeightFormat.NameOf(kind);

    /// <summary>The format of a kind, in groups of so many values where it has groups.</summary>
    public static WeightFormat FormatOf(WeightKind kind, int group) => kind switch
    {
        WeightKind.Int4Group => WeightFormat.Int4Group(group),
        WeightKind.Int4Channel => WeightFormat.Int4Channel,
        WeightKind.Int8Channel => WeightFormat.Int8Channel,
        WeightKind.Int2Channel => WeightFormat.Int2Channel,
        WeightKind.Q4_0 => WeightFormat.Q4_0,
        WeightKind.Int4Asymmetric => WeightFormat.Int4Asymmetric(group),
        WeightKind.Float16 => WeightFormat.Float16,
        WeightKind.BFloat16 => WeightFormat.BFloat16,
        _ => WeightFormat.Float32,
    };

    private static List<KernelChoice> Choices(WeightFormat format, ComputeContext compute)
    {
        try
        {
            // As wide as layers are, for kernels that need some columns.
            using PackedWeights probe =
                PackedWeights.Quantize(new float[Columns * 32], Columns, 32, format, compute: compute);
            return [.. Rows.Select(rows => probe.KernelFor(rows))];
        }
        catch (PlatformNotSupportedException)
        {
            return [];
        }
    }

    private static KernelReport Describe(KernelInfo kernel, ComputeContext compute, List<KernelChoice> choices)
    {
        int[] chosenFor =
            [.. choices.Where(choice => choice.Kernel.Index == kernel.Index).Select(choice => choice.Rows)];
        bool switchedOff = (kernel.Tier & compute.DisabledTiers) != 0;
        return new KernelReport(
            kernel.Name,
            Format(kernel.Kind),
            kernel.Tier.ToString().ToLowerInvariant(),
            kernel.Origin,
            kernel.Note,
            kernel.Layout.ToString(),
            kernel.MinRows,
            kernel.MaxRows == long.MaxValue ? null : kernel.MaxRows,
            kernel.MinColumns,
            kernel.VectorBytes,
            kernel.IsExact,
            kernel.IsOnRequest,
            kernel.IsCompiled,
            kernel.IsSupported,
            kernel.IsEnabled,
            switchedOff,
            chosenFor,
            chosenFor.Length > 0 ? null
                : kernel.IsSupported && switchedOff ? "switched off"
                : WhyNot(kernel, compute.Cpu, choices));
    }

    private static string WhyNot(KernelInfo kernel, CpuFeatures cpu, List<KernelChoice> choices) =>
        choices.SelectMany(choice => choice.Rejected)
            .FirstOrDefault(rejection => rejection.Kernel.Index == kernel.Index)?.Explanation
        ?? (!kernel.IsCompiled ? $"not compiled in ({kernel.NotCompiledReason})"
            : !kernel.IsSupported && (kernel.Needs & ~cpu.Features) == 0 ? "for vectors of another length"
            : !kernel.IsSupported ? $"not on this CPU (needs {kernel.Needs})".ToLowerInvariant()
            : !kernel.IsEnabled ? "off unless enabled"
            : !kernel.IsExact ? "not exact, so only where it is forced"
            : "another kernel is preferred");
}
