// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp;

/// <summary>
/// The order of bytes in packed weights: a closed formula, the same on every machine, that kernels of one or more tiers
/// read. The header kleidisharp.h gives the formulas. Layouts for scalable vectors depend on the length of the vector
/// too (<see cref="PackedWeights.VectorBytes"/>).
/// </summary>
public enum WeightLayout
{
    /// <summary>f32 in panels of 16 columns.</summary>
    Float32N16 = 1,

    /// <summary>int4 groups in panels of 32 columns, 4 values of k together; read by this library's own kernels.</summary>
    Int4N32K4 = 2,

    /// <summary>int4 groups in panels of 8 columns, as KleidiAI's kernels with kr 8 read them.</summary>
    Int4N8K8 = 3,

    /// <summary>int4 groups in panels of 8 columns, as KleidiAI's kernels with kr 16 read them.</summary>
    Int4N8K16 = 4,

    /// <summary>int4 groups for KleidiAI's SME2 kernels, in panels as wide as the vector has bytes.</summary>
    Int4Sme2 = 6,

    /// <summary>int4 per channel in panels of 32 columns; read by this library's own kernels.</summary>
    Int4ChannelN32K4 = 10,

    /// <summary>int4 per channel in panels of 4 columns, as KleidiAI's kernels with kr 8 read them.</summary>
    Int4ChannelN4K8 = 11,

    /// <summary>int4 per channel in panels of 8 columns, as KleidiAI's kernels with kr 16 read them.</summary>
    Int4ChannelN8K16 = 12,

    /// <summary>int4 per channel for KleidiAI's SME kernels, in panels as wide as the vector has bytes.</summary>
    Int4ChannelSme = 13,

    /// <summary>int4 per channel for KleidiAI's SME2 kernels, in panels as wide as the vector has bytes.</summary>
    Int4ChannelSme2 = 14,

    /// <summary>int8 per channel in panels of 32 columns; read by this library's own kernels.</summary>
    Int8ChannelN32K4 = 20,

    /// <summary>int8 per channel in panels of 4 columns, as KleidiAI's kernels with kr 4 read them.</summary>
    Int8ChannelN4K4 = 21,

    /// <summary>int8 per channel in panels of 4 columns, as KleidiAI's kernels with kr 8 read them.</summary>
    Int8ChannelN4K8 = 22,

    /// <summary>int8 per channel in panels of 8 columns, for SVE vectors of 256 bits.</summary>
    Int8ChannelN8K8 = 23,

    /// <summary>int8 per channel for KleidiAI's SME and SME2 kernels, in panels as wide as the vector has bytes.</summary>
    Int8ChannelSme = 24,

    /// <summary>int2 per channel in panels of 32 columns; read by this library's own kernels.</summary>
    Int2ChannelN32K4 = 30,

    /// <summary>int2 per channel in panels of 4 columns, as KleidiAI's kernels read them.</summary>
    Int2ChannelN4K4 = 31,

    /// <summary>int2 per channel for KleidiAI's SME2 kernels, in panels as wide as the vector has bytes.</summary>
    Int2ChannelSme2 = 32,

    /// <summary>Q4_0 in panels of 32 columns; read by this library's own kernels.</summary>
    Q4_0N32K4 = 40,

    /// <summary>Q4_0 in panels of 4 columns, as KleidiAI's kernels with kr 8 read them.</summary>
    Q4_0N4K8 = 41,

    /// <summary>Q4_0 in panels of 4 columns, as KleidiAI's kernels with kr 16 read them.</summary>
    Q4_0N4K16 = 42,

    /// <summary>Q4_0 in panels of 8 columns, for SVE vectors of 256 bits.</summary>
    Q4_0N8K16 = 43,

    /// <summary>Q4_0 for KleidiAI's SME kernels, in panels as wide as the vector has bytes.</summary>
    Q4_0Sme = 44,

    /// <summary>Q4_0 for KleidiAI's SME2 kernels, in panels as wide as the vector has bytes.</summary>
    Q4_0Sme2 = 45,

    /// <summary>int4 asymmetric in panels of 32 columns; read by this library's own kernels.</summary>
    Int4AsymmetricN32K4 = 50,

    /// <summary>int4 asymmetric in panels of 4 columns, as KleidiAI's kernels with kr 8 read them.</summary>
    Int4AsymmetricN4K8 = 51,

    /// <summary>int4 asymmetric in panels of 4 columns, as KleidiAI's kernels with kr 16 read them.</summary>
    Int4AsymmetricN4K16 = 52,

    /// <summary>int4 asymmetric for KleidiAI's SME2 kernels, in panels as wide as the vector has bytes.</summary>
    Int4AsymmetricSme2 = 53,

    /// <summary>f16 in panels of 16 columns; read by this library's own kernels.</summary>
    Float16N16 = 60,

    /// <summary>f16 in panels of 32 columns, as KleidiAI's f16 kernels read them.</summary>
    Float16N32 = 61,

    /// <summary>bf16 in panels of 16 columns; read by this library's own kernels.</summary>
    BFloat16N16 = 70,

    /// <summary>bf16 in panels of 12 columns, 4 values of k together, as KleidiAI's bf16 kernels read them.</summary>
    BFloat16N12K4 = 71,

    /// <summary>f32 in panels as wide as an SVE vector has bytes.</summary>
    Float32Sve = 80,

    /// <summary>f32 in panels half as wide as an SME vector has bytes.</summary>
    Float32Sme = 81,
}
