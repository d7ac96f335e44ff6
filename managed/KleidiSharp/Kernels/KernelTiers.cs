// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp;

/// <summary>
/// Implementations for one instruction set each. All tiers give the same bits; tiers are switched off to compare them
/// or to step around a fault of a processor. Switching off a tier of which there is no kernel does nothing.
/// </summary>
[Flags]
public enum KernelTiers
{
    /// <summary>No tier.</summary>
    None = 0,

    /// <summary>Plain C++; "portable".</summary>
    Portable = 1,

    /// <summary>Arm: Armv8.0 NEON; "neon".</summary>
    Neon = 2,

    /// <summary>Arm: 8-bit dot products; "dotprod".</summary>
    DotProd = 4,

    /// <summary>Arm: 8-bit matrix multiply; "i8mm".</summary>
    I8mm = 8,

    /// <summary>Arm: scalable vectors; "sve".</summary>
    Sve = 16,

    /// <summary>Arm: scalable matrices; "sme".</summary>
    Sme = 32,

    /// <summary>Arm: scalable matrices, second version; "sme2".</summary>
    Sme2 = 64,

    /// <summary>x64: AVX2 with FMA; "avx2".</summary>
    Avx2 = 256,

    /// <summary>x64: AVX-512 with VNNI; "avx512vnni".</summary>
    Avx512Vnni = 512,

    /// <summary>x64: AVX-VNNI with AVX2 and FMA, between the two above; "avxvnni".</summary>
    AvxVnni = 1024,

    /// <summary>x64: AMX with int8 tiles, for several rows; "amx".</summary>
    Amx = 2048,

    /// <summary>C#, with SIMD where .NET has it; "managed".</summary>
    Managed = 1 << 30,
}
