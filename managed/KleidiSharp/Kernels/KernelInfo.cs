// SPDX-License-Identifier: Apache-2.0
using System.Text;

namespace KleidiSharp;

/// <summary>One row of the kernel table of a <see cref="ComputeContext"/>. Rows are in order of preference.</summary>
public sealed record KernelInfo
{
    internal KernelInfo()
    {
    }

    /// <summary>Its place in the table.</summary>
    public required int Index { get; init; }

    /// <summary>Its name, for instance "kai_matmul_clamp_f32_qai8dxp4x8_qsi4c32p8x8_4x8x32_neon_i8mm".</summary>
    public required string Name { get; init; }

    /// <summary>Who wrote it: "KleidiAI" or "KleidiSharp".</summary>
    public required string Origin { get; init; }

    /// <summary>What the row is for, and why it stands where it stands.</summary>
    public required string Note { get; init; }

    /// <summary>The weights it multiplies by.</summary>
    public required WeightKind Kind { get; init; }

    /// <summary>The packed weights it reads.</summary>
    public required WeightLayout Layout { get; init; }

    /// <summary>The tier it belongs to: one bit.</summary>
    public required KernelTiers Tier { get; init; }

    /// <summary>The processor features it needs.</summary>
    public required CpuFeature Needs { get; init; }

    /// <summary>Fewest rows (m) it takes.</summary>
    public required long MinRows { get; init; }

    /// <summary>Most rows (m) it takes.</summary>
    public required long MaxRows { get; init; }

    /// <summary>Fewest columns (n) it takes.</summary>
    public long MinColumns { get; init; } = 1;

    /// <summary>Bytes of a vector that its layout is made for here; 0 where the layout does not depend on it.</summary>
    public int VectorBytes { get; init; }

    /// <summary>
    /// Whether its results have the bits of the format's arithmetic; else <see cref="Note"/> says what they have, and it
    /// runs only where it is forced (<see cref="ComputeOptions.Kernel"/>).
    /// </summary>
    public bool IsExact { get; init; } = true;

    /// <summary>Whether it is compiled into the library.</summary>
    public required bool IsCompiled { get; init; }

    /// <summary>Whether it is compiled in and the processor has what it needs.</summary>
    public required bool IsSupported { get; init; }

    /// <summary>Whether its tier is not switched off in the context.</summary>
    public bool IsEnabled { get; internal init; } = true;

    /// <summary>Where it is not compiled in, why; else empty.</summary>
    public required string NotCompiledReason { get; init; }

    /// <summary>
    /// Whether its tier is off unless asked for (<see cref="ComputeOptions.EnabledTiers"/>, KLEIDISHARP_ENABLE): its
    /// kernels share one unit among several cores, and no measurement on hardware stands behind their place.
    /// </summary>
    public bool IsOnRequest => (Tier & TierNames.OnRequest) != 0;

    /// <summary>Whether it is chosen where it fits: compiled in, supported, enabled and exact.</summary>
    public bool IsUsable => IsCompiled && IsSupported && IsEnabled && IsExact;

    /// <summary>One line: format, tier, name, origin, rows and whether it can be used.</summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        text.Append(WeightFormat.NameOf(Kind)).Append(' ').Append(TierNames.Format(Tier)).Append(": ");
        text.Append(Name).Append(" (").Append(Origin).Append(", ").Append(RowsText()).Append("): ");
        text.Append(Explain(
            IsUsable ? KernelReject.None
            : !IsCompiled ? KernelReject.NotCompiled
            : !IsSupported ? KernelReject.Cpu
            : !IsEnabled ? KernelReject.Tier
            : KernelReject.Inexact));
        return text.ToString();
    }

    internal string RowsText() =>
        MinRows == MaxRows ? $"m = {MinRows}" : MaxRows == long.MaxValue ? $"m ≥ {MinRows}" : $"m = {MinRows}..{MaxRows}";

    internal string Explain(KernelReject reason) => reason switch
    {
        KernelReject.None => "usable",
        KernelReject.NotCompiled => $"not compiled in ({NotCompiledReason})",
        KernelReject.Cpu => $"not on this CPU (needs {CpuFeatures.Format(Needs)})",
        KernelReject.Tier => IsOnRequest ? "off unless enabled" : "switched off",
        KernelReject.Layout => $"reads layout {Layout}",
        KernelReject.Rows => $"takes {RowsText()}",
        KernelReject.Group => "does not take this group",
        KernelReject.Vector => VectorBytes == 0 ? "for another vector length" : $"for vectors of {VectorBytes * 8} bits",
        KernelReject.Columns => $"takes n ≥ {MinColumns}",
        KernelReject.Inexact => $"not exact, so only where it is forced ({Note})",
        _ => "for another weight format",
    };
}
