// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp;

/// <summary>
/// Instructions that a kernel may need; a bit is set only where the operating system lets programs use them.
/// </summary>
[Flags]
public enum CpuFeature : long
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>Arm NEON.</summary>
    Neon = 1,

    /// <summary>Arm half-precision arithmetic.</summary>
    Fp16 = 2,

    /// <summary>Arm 8-bit dot products.</summary>
    DotProd = 4,

    /// <summary>Arm 8-bit matrix multiply.</summary>
    I8mm = 8,

    /// <summary>Arm bfloat16.</summary>
    BF16 = 16,

    /// <summary>Arm scalable vectors.</summary>
    Sve = 32,

    /// <summary>Arm scalable vectors, second version.</summary>
    Sve2 = 64,

    /// <summary>Arm scalable matrices.</summary>
    Sme = 128,

    /// <summary>Arm scalable matrices, second version.</summary>
    Sme2 = 256,

    /// <summary>Arm 8-bit matrix multiply on scalable vectors.</summary>
    SveI8mm = 512,

    /// <summary>x86 AVX2.</summary>
    Avx2 = 65536,

    /// <summary>x86 fused multiply-add.</summary>
    Fma = 131072,

    /// <summary>x86 AVX-512 F, BW, DQ and VL.</summary>
    Avx512 = 262144,

    /// <summary>x86 AVX-512 VNNI.</summary>
    Avx512Vnni = 524288,

    /// <summary>x86 conversion between half and single precision.</summary>
    F16c = 1048576,

    /// <summary>x86 AVX-VNNI: 8-bit dot products on vectors of 256 bits.</summary>
    AvxVnni = 2097152,

    /// <summary>x86 AMX with int8 tiles, and GFNI.</summary>
    AmxInt8 = 4194304,
}
