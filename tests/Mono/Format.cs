// SPDX-License-Identifier: Apache-2.0
using System;
using KleidiSharp.Interop;

namespace KleidiSharp.Mono.Tests;

/// <summary>What the weights of a ks_format consist of, as kleidisharp.h says.</summary>
internal sealed class Format
{
    public Format(ks_format id)
    {
        Id = id;
        (Bits, ElementBytes, ScaleBytes) = id switch
        {
            ks_format.KS_FORMAT_F32 => (0, 4, 0),
            ks_format.KS_FORMAT_F16 or ks_format.KS_FORMAT_BF16 => (0, 2, 0),
            ks_format.KS_FORMAT_INT8_CHANNEL => (8, 0, 4),
            ks_format.KS_FORMAT_INT2_CHANNEL => (2, 0, 4),
            ks_format.KS_FORMAT_INT4_GROUP => (4, 0, 2),
            ks_format.KS_FORMAT_Q4_0 => (4, 0, 0),
            _ => (4, 0, 4),
        };
    }

    public ks_format Id { get; }

    /// <summary>Bits of a code; 0 for floats.</summary>
    public int Bits { get; }

    public int ElementBytes { get; }

    /// <summary>Bytes of a scale beside the codes; 0 for none.</summary>
    public int ScaleBytes { get; }

    public bool IsFloat => Bits == 0;

    public bool IsGrouped => Id is ks_format.KS_FORMAT_INT4_GROUP or ks_format.KS_FORMAT_INT4_ASYMMETRIC;

    public bool HasZeros => Id == ks_format.KS_FORMAT_INT4_ASYMMETRIC;

    /// <summary>Whether activations are quantised per row.</summary>
    public bool IsPerRow => Id is ks_format.KS_FORMAT_INT4_GROUP or ks_format.KS_FORMAT_INT4_CHANNEL
        or ks_format.KS_FORMAT_INT8_CHANNEL or ks_format.KS_FORMAT_INT2_CHANNEL;

    /// <summary>Whether k need not be a multiple of 32.</summary>
    public bool TakesAnyK => IsFloat || Id is ks_format.KS_FORMAT_INT4_CHANNEL or ks_format.KS_FORMAT_INT8_CHANNEL;

    /// <summary>The group to draw weights with.</summary>
    public int Group(int values) => IsGrouped ? values : 0;

    public int RowBytes(int k) => Id == ks_format.KS_FORMAT_Q4_0 ? k / 32 * 18
        : IsFloat ? k * ElementBytes
        : ((k * Bits) + 7) / 8;

    /// <summary>The format of a layout.</summary>
    public static ks_format Of(ks_layout layout) => ((int)layout / 10) switch
    {
        0 => layout == ks_layout.KS_LAYOUT_F32_N16 ? ks_format.KS_FORMAT_F32 : ks_format.KS_FORMAT_INT4_GROUP,
        1 => ks_format.KS_FORMAT_INT4_CHANNEL,
        2 => ks_format.KS_FORMAT_INT8_CHANNEL,
        3 => ks_format.KS_FORMAT_INT2_CHANNEL,
        4 => ks_format.KS_FORMAT_Q4_0,
        5 => ks_format.KS_FORMAT_INT4_ASYMMETRIC,
        6 => ks_format.KS_FORMAT_F16,
        7 => ks_format.KS_FORMAT_BF16,
        8 => ks_format.KS_FORMAT_F32,
        _ => throw new ArgumentException($"{layout} is of no known format", nameof(layout)),
    };
}
