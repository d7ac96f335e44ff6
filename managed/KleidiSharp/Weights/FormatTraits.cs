// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp;

/// <summary>The type of the scales that come beside the codes.</summary>
internal enum ScaleType
{
    None,
    BFloat16,
    Float32,
}

/// <summary>How a row of activations is prepared.</summary>
internal enum ActivationRule
{
    Float,
    PerRow,
    PerGroup,
}

/// <summary>What the weights of a kind consist of before packing, and which k it allows.</summary>
/// <param name="Kind">The kind.</param>
/// <param name="Name">What reports call it.</param>
/// <param name="Bits">Bits of a code; 0 for floats.</param>
/// <param name="ElementBytes">Bytes of a float; 0 for codes.</param>
/// <param name="Scales">The scales beside the codes: Q4_0's are inside its blocks.</param>
/// <param name="HasZeros">Whether each group has a zero of its own.</param>
/// <param name="IsGrouped">Whether the caller says how many values make a group.</param>
/// <param name="KStep">k is a multiple of this.</param>
/// <param name="KMax">Largest k: up to here no sum exceeds 32 bits.</param>
/// <param name="Activations">How a row of activations is prepared.</param>
internal sealed record FormatTraits(
    WeightKind Kind,
    string Name,
    int Bits,
    int ElementBytes,
    ScaleType Scales,
    bool HasZeros,
    bool IsGrouped,
    int KStep,
    int KMax,
    ActivationRule Activations)
{
    /// <summary>Values and bytes of a block of Q4_0.</summary>
    public const int Q4BlockValues = 32;
    public const int Q4BlockBytes = 18;

    private const int MaxChannelK = 65536;

    private static readonly FormatTraits[] s_all =
    [
        Float(WeightKind.Float32, "f32", sizeof(float)),
        Int4(WeightKind.Int4Group, "int4", ScaleType.BFloat16, false, ActivationRule.PerRow),
        Channel(WeightKind.Int4Channel, "int4-channel", 4, 1),
        Channel(WeightKind.Int8Channel, "int8-channel", 8, 1),
        Channel(WeightKind.Int2Channel, "int2-channel", 2, 32),
        Int4(WeightKind.Q4_0, "q4_0", ScaleType.None, false, ActivationRule.PerGroup) with { IsGrouped = false },
        Int4(WeightKind.Int4Asymmetric, "int4-asymmetric", ScaleType.Float32, true, ActivationRule.PerGroup),
        Float(WeightKind.Float16, "f16", sizeof(ushort)),
        Float(WeightKind.BFloat16, "bf16", sizeof(ushort)),
    ];

    public bool IsFloat => Bits == 0;

    /// <summary>The code of value 0.</summary>
    public int ZeroCode => Bits == 8 ? 0 : 1 << (Bits - 1);

    public int ScaleBytes => Scales switch
    {
        ScaleType.None => 0,
        ScaleType.BFloat16 => sizeof(ushort),
        _ => sizeof(float),
    };

    /// <exception cref="ArgumentOutOfRangeException">The number is not that of a kind.</exception>
    public static FormatTraits Of(WeightKind kind) => IsKnown(kind)
        ? s_all[(int)kind - 1]
        : throw new ArgumentOutOfRangeException(nameof(kind), kind, "This is no weight kind.");

    public static bool IsKnown(WeightKind kind) => kind >= WeightKind.Float32 && (int)kind <= s_all.Length;

    /// <summary>Bytes of a row of codes, blocks or floats as they come in.</summary>
    public long RowBytes(int k) =>
        Kind == WeightKind.Q4_0 ? k / Q4BlockValues * (long)Q4BlockBytes
        : IsFloat ? k * (long)ElementBytes
        : ((k * (long)Bits) + 7) / 8;

    /// <summary>Scales, and zeros where there are any, of one row.</summary>
    public int ScalesPerRow(int k, int group) => Scales == ScaleType.None ? 0 : IsGrouped ? k / group : 1;

    private static FormatTraits Float(WeightKind kind, string name, int bytes) =>
        new(kind, name, 0, bytes, ScaleType.None, false, false, 1, int.MaxValue, ActivationRule.Float);

    private static FormatTraits Channel(WeightKind kind, string name, int bits, int kStep) =>
        new(kind, name, bits, 0, ScaleType.Float32, false, false, kStep, MaxChannelK, ActivationRule.PerRow);

    private static FormatTraits Int4(WeightKind kind, string name, ScaleType scales, bool hasZeros, ActivationRule activations) =>
        new(kind, name, 4, 0, scales, hasZeros, true, 32, int.MaxValue, activations);
}
