// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp.Tool.Doctor;

/// <summary>The kernel table of a context, with what is chosen when.</summary>
internal static class KernelTable
{
    // One row, a few, and many: kernels are made for these.
    private static readonly int[] Rows = [1, 2, 4, 16, 128];

    public static IReadOnlyList<KernelReport> Of(ComputeContext compute)
    {
        Dictionary<WeightKind, List<KernelChoice>> choices = new()
        {
            [WeightKind.Int4Group] = Choices(WeightFormat.Int4Group(32), compute),
            [WeightKind.Float32] = Choices(WeightFormat.Float32, compute),
        };
        return [.. compute.Kernels.Select(kernel => Describe(kernel, choices[kernel.Kind]))];
    }

    /// <summary>"int4" or "f32".</summary>
    public static string Format(WeightKind kind) => kind == WeightKind.Float32 ? "f32" : "int4";

    private static List<KernelChoice> Choices(WeightFormat format, ComputeContext compute)
    {
        try
        {
            using PackedWeights probe = PackedWeights.Quantize(new float[32], 1, 32, format, compute: compute);
            return [.. Rows.Select(rows => probe.KernelFor(rows))];
        }
        catch (PlatformNotSupportedException)
        {
            return [];
        }
    }

    private static KernelReport Describe(KernelInfo kernel, List<KernelChoice> choices)
    {
        int[] chosenFor =
            [.. choices.Where(choice => choice.Kernel.Index == kernel.Index).Select(choice => choice.Rows)];
        return new KernelReport(
            kernel.Name,
            Format(kernel.Kind),
            kernel.Tier.ToString().ToLowerInvariant(),
            kernel.Origin,
            kernel.Note,
            kernel.Layout.ToString(),
            kernel.MinRows,
            kernel.MaxRows == long.MaxValue ? null : kernel.MaxRows,
            kernel.IsCompiled,
            kernel.IsSupported,
            kernel.IsEnabled,
            chosenFor,
            chosenFor.Length > 0 ? null : WhyNot(kernel, choices));
    }

    private static string WhyNot(KernelInfo kernel, List<KernelChoice> choices) =>
        choices.SelectMany(choice => choice.Rejected)
            .FirstOrDefault(rejection => rejection.Kernel.Index == kernel.Index)?.Explanation
        ?? (!kernel.IsCompiled ? $"not compiled in ({kernel.NotCompiledReason})"
            : !kernel.IsSupported ? $"not on this CPU (needs {kernel.Needs})".ToLowerInvariant()
            : !kernel.IsEnabled ? "switched off"
            : "another kernel is preferred");
}
