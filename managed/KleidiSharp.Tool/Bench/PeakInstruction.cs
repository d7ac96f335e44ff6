// SPDX-License-Identifier: Apache-2.0
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace KleidiSharp.Tool.Bench;

/// <summary>An instruction that multiplies and adds, as one link of a chain of them.</summary>
/// <typeparam name="TVector">The register that it works in.</typeparam>
internal interface IPeakInstruction<TVector>
    where TVector : struct
{
    /// <summary>The instruction, once: a value that depends on <paramref name="sum"/>.</summary>
    static abstract TVector Next(TVector sum, TVector factor);
}

/// <summary>16 products of floats.</summary>
internal readonly struct Avx512MultiplyAdd : IPeakInstruction<Vector512<float>>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Next(Vector512<float> sum, Vector512<float> factor) =>
        Avx512F.FusedMultiplyAdd(factor, factor, sum);
}

/// <summary>8 products of floats.</summary>
internal readonly struct Avx2MultiplyAdd : IPeakInstruction<Vector256<float>>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Next(Vector256<float> sum, Vector256<float> factor) =>
        Fma.MultiplyAdd(factor, factor, sum);
}

/// <summary>4 products of floats.</summary>
internal readonly struct NeonMultiplyAdd : IPeakInstruction<Vector128<float>>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Next(Vector128<float> sum, Vector128<float> factor) =>
        AdvSimd.FusedMultiplyAdd(sum, factor, factor);
}

/// <summary>
/// 64 products of bytes. C# has no vpdpbusd of this width; both instructions do as many products in the same units,
/// and vpmaddubsw adds fewer of them up, so it is never the slower one.
/// </summary>
internal readonly struct Avx512MultiplyBytes : IPeakInstruction<Vector512<byte>>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<byte> Next(Vector512<byte> sum, Vector512<byte> factor) =>
        Avx512BW.MultiplyAddAdjacent(sum, factor.AsSByte()).AsByte();
}

/// <summary>32 products of bytes.</summary>
internal readonly struct Avx2MultiplyBytes : IPeakInstruction<Vector256<byte>>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> Next(Vector256<byte> sum, Vector256<byte> factor) =>
        Avx2.MultiplyAddAdjacent(sum, factor.AsSByte()).AsByte();
}

/// <summary>16 products of bytes.</summary>
internal readonly struct NeonDotProduct : IPeakInstruction<Vector128<int>>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<int> Next(Vector128<int> sum, Vector128<int> factor) =>
        Dp.DotProduct(sum, factor.AsSByte(), factor.AsSByte());
}
