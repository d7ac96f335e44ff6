// SPDX-License-Identifier: Apache-2.0
using System.Runtime.InteropServices;
using Arm = System.Runtime.Intrinsics.Arm;
using X86 = System.Runtime.Intrinsics.X86;

namespace KleidiSharp;

/// <summary>A processor, as far as kernels are concerned.</summary>
public sealed class CpuFeatures
{
    internal CpuFeatures(
        Architecture? architecture, CpuFeature features, int sveBytes = 0, int smeBytes = 0, int smeUnits = 0)
    {
        Architecture = architecture;
        Features = features;
        SveBytes = sveBytes;
        SmeBytes = smeBytes;
        SmeUnits = smeUnits;
    }

    /// <summary>
    /// The processor of this process: as the native library sees it where it is loaded, else as .NET does, which knows
    /// of fewer features.
    /// </summary>
    public static CpuFeatures Current => ComputeContext.LocalCpu;

    /// <summary>X64 or Arm64; null for anything else that a native library reports.</summary>
    public Architecture? Architecture { get; }

    /// <summary>What the processor has and the operating system lets programs use.</summary>
    public CpuFeature Features { get; }

    /// <summary>Length of an SVE vector in bytes; 0 without SVE.</summary>
    public int SveBytes { get; }

    /// <summary>Length of an SME vector in bytes; 0 without SME.</summary>
    public int SmeBytes { get; }

    /// <summary>
    /// Units that execute SME, as far as the operating system tells; 1 where it does not; 0 without SME.
    /// </summary>
    public int SmeUnits { get; }

    /// <summary>
    /// For instance "neon dotprod i8mm bf16 sve(256) sme(512)", the vector lengths in bits; "none" where nothing is known.
    /// </summary>
    public override string ToString() => Format(Features, SveBytes, SmeBytes);

    internal static CpuFeatures FromRuntime()
    {
        CpuFeature features = CpuFeature.None;
        Add(Arm.AdvSimd.IsSupported, CpuFeature.Neon);
        Add(Arm.Dp.IsSupported, CpuFeature.DotProd);
        Add(X86.Avx2.IsSupported, CpuFeature.Avx2);
        Add(X86.Fma.IsSupported, CpuFeature.Fma);
        Add(
            X86.Avx512F.IsSupported && X86.Avx512BW.IsSupported && X86.Avx512DQ.IsSupported && X86.Avx512F.VL.IsSupported,
            CpuFeature.Avx512);
        return new CpuFeatures(RuntimeInformation.ProcessArchitecture, features);

        void Add(bool present, CpuFeature feature) => features |= present ? feature : CpuFeature.None;
    }

    internal static string Format(CpuFeature features, int sveBytes = 0, int smeBytes = 0)
    {
        IEnumerable<string> names = Enum.GetValues<CpuFeature>()
            .Where(feature => feature != CpuFeature.None && features.HasFlag(feature))
            .Select(feature => feature.ToString().ToLowerInvariant() + feature switch
            {
                CpuFeature.Sve when sveBytes > 0 => $"({sveBytes * 8})",
                CpuFeature.Sme when smeBytes > 0 => $"({smeBytes * 8})",
                _ => string.Empty,
            });
        string text = string.Join(' ', names);
        return text.Length == 0 ? "none" : text;
    }
}
