// SPDX-License-Identifier: Apache-2.0
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace KleidiSharp;

/// <summary>What vectors have from .NET 9 on, with the same bits on .NET 8.</summary>
internal static class VectorsOfNet8
{
    extension(Vector128)
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector128<float> FusedMultiplyAdd(Vector128<float> left, Vector128<float> right, Vector128<float> addend)
        {
            if (Fma.IsSupported)
            {
                return Fma.MultiplyAdd(left, right, addend);
            }

            return AdvSimd.IsSupported
                ? AdvSimd.FusedMultiplyAdd(addend, left, right)
                : Scalar(left.ToVector256Unsafe(), right.ToVector256Unsafe(), addend.ToVector256Unsafe()).GetLower();
        }
    }

    extension(Vector512)
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector512<float> FusedMultiplyAdd(Vector512<float> left, Vector512<float> right, Vector512<float> addend) =>
            Avx512F.IsSupported
                ? Avx512F.FusedMultiplyAdd(left, right, addend)
                : Vector512.Create(
                    Vector256.FusedMultiplyAdd(left.GetLower(), right.GetLower(), addend.GetLower()),
                    Vector256.FusedMultiplyAdd(left.GetUpper(), right.GetUpper(), addend.GetUpper()));
    }

    extension(Vector256)
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector256<float> FusedMultiplyAdd(Vector256<float> left, Vector256<float> right, Vector256<float> addend)
        {
            if (Fma.IsSupported)
            {
                return Fma.MultiplyAdd(left, right, addend);
            }

            return AdvSimd.IsSupported
                ? Vector256.Create(
                    AdvSimd.FusedMultiplyAdd(addend.GetLower(), left.GetLower(), right.GetLower()),
                    AdvSimd.FusedMultiplyAdd(addend.GetUpper(), left.GetUpper(), right.GetUpper()))
                : Scalar(left, right, addend);
        }
    }

    private static Vector256<float> Scalar(Vector256<float> left, Vector256<float> right, Vector256<float> addend)
    {
        Vector256<float> result = default;
        for (int i = 0; i < Vector256<float>.Count; i++)
        {
            result = result.WithElement(i, MathF.FusedMultiplyAdd(left[i], right[i], addend[i]));
        }

        return result;
    }
}
