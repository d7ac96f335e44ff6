// SPDX-License-Identifier: Apache-2.0
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace KleidiSharp;

/// <summary>What <see cref="Vector256"/> has from .NET 9 on, with the same bits on .NET 8.</summary>
internal static class VectorsOfNet8
{
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

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector256<float> Round(Vector256<float> vector)
        {
            if (Avx.IsSupported)
            {
                return Avx.RoundToNearestInteger(vector);
            }

            return AdvSimd.IsSupported
                ? Vector256.Create(AdvSimd.RoundToNearest(vector.GetLower()), AdvSimd.RoundToNearest(vector.GetUpper()))
                : Scalar(vector);
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

    private static Vector256<float> Scalar(Vector256<float> vector)
    {
        for (int i = 0; i < Vector256<float>.Count; i++)
        {
            vector = vector.WithElement(i, MathF.Round(vector[i]));
        }

        return vector;
    }
}
