// SPDX-License-Identifier: Apache-2.0
// Floats as bits, and the float operations that need neither libm nor FMA hardware. Everything here has internal
// linkage: a tier's file may not share an inline function with files of the baseline.
#pragma once

#include <stdint.h>

namespace ks {
namespace {

constexpr uint32_t kQuietNan = 0x7FC00000;
constexpr uint32_t kInfinityBits = 0x7F800000;
constexpr uint32_t kMagnitudeMask = 0x7FFFFFFF;

[[maybe_unused]] inline uint32_t float_to_bits(float value) {
    uint32_t bits;
    __builtin_memcpy(&bits, &value, sizeof bits);
    return bits;
}

[[maybe_unused]] inline float bits_to_float(uint32_t bits) {
    float value;
    __builtin_memcpy(&value, &bits, sizeof value);
    return value;
}

[[maybe_unused]] inline bool is_finite(float value) { return (float_to_bits(value) & kMagnitudeMask) < kInfinityBits; }

[[maybe_unused]] inline bool is_nan(float value) { return (float_to_bits(value) & kMagnitudeMask) > kInfinityBits; }

[[maybe_unused]] inline float bf16_to_float(uint16_t bits) { return bits_to_float(uint32_t{bits} << 16); }

[[maybe_unused]] inline bool bf16_is_finite(uint16_t bits) { return (bits & 0x7F80) != 0x7F80; }

// Nearest, ties to even; for finite values.
[[maybe_unused]] inline uint16_t float_to_bf16(float value) {
    const uint32_t bits = float_to_bits(value);
    return static_cast<uint16_t>((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16);
}

[[maybe_unused]] inline float f16_to_float(uint16_t bits) {
    const uint32_t sign = static_cast<uint32_t>(bits & 0x8000) << 16;
    const uint32_t exponent = bits & 0x7C00;
    const uint32_t magnitude = static_cast<uint32_t>(bits & 0x7FFF) << 13;
    if (exponent == 0) return bits_to_float(sign | float_to_bits(static_cast<float>(bits & 0x03FF) * 0x1p-24f));
    return bits_to_float(sign | (magnitude + (exponent == 0x7C00 ? 224u << 23 : 112u << 23)));
}

[[maybe_unused]] inline bool f16_is_finite(uint16_t bits) { return (bits & 0x7C00) != 0x7C00; }

// Nearest, ties to even, for every value: what exceeds the largest f16 becomes infinite, a NaN the quiet NaN.
[[maybe_unused]] inline uint16_t float_to_f16(float value) {
    const uint32_t sign = float_to_bits(value) >> 16 & 0x8000;
    const uint32_t magnitude = float_to_bits(value) & kMagnitudeMask;
    if (magnitude > kInfinityBits) return 0x7E00;
    if (magnitude >= float_to_bits(0x1p16f)) return static_cast<uint16_t>(sign | 0x7C00);
    if (magnitude < float_to_bits(0x1p-14f)) {
        // The last place of a float next to 0.5 is that of the subnormal f16 numbers.
        return static_cast<uint16_t>(sign | (float_to_bits(bits_to_float(magnitude) + 0.5f) - float_to_bits(0.5f)));
    }
    return static_cast<uint16_t>(sign | ((magnitude - (112u << 23) + 0x0FFF + (magnitude >> 13 & 1)) >> 13));
}

// Nearest, ties to even; for |value| < 2^22. Adding 1.5 * 2^23 leaves the integer in the low bits of the sum.
[[maybe_unused]] inline int32_t round_to_even(float value) {
    constexpr float kShift = 12582912.0f;
    return static_cast<int32_t>(float_to_bits(value + kShift) - float_to_bits(kShift));
}

// Nearest, ties away from zero; for |value| < 2^23. Subtracting the truncated value is exact, adding 0.5 is not.
[[maybe_unused]] inline int32_t round_half_away(float value) {
    const int32_t truncated = static_cast<int32_t>(value);
    const float rest = value - static_cast<float>(truncated);
    return truncated + (rest >= 0.5f) - (rest <= -0.5f);
}

// a * b + c with one rounding. The product is exact in double; the sum is rounded to odd in double, which makes the
// second rounding, to float, come out as if it were the only one (Boldo and Melquiond, 2008).
[[maybe_unused]] inline float software_fma(float a, float b, float c) {
    const double product = static_cast<double>(a) * static_cast<double>(b);
    const double addend = static_cast<double>(c);
    double sum = product + addend;
    const double part = sum - product;
    const double error = (product - (sum - part)) + (addend - part);
    if (error > 0.0 || error < 0.0) {
        uint64_t bits;
        __builtin_memcpy(&bits, &sum, sizeof bits);
        if ((bits & 1) == 0) {
            // An even sum is next to the odd one that lies on the side of the error.
            bits = (error > 0.0) == (sum > 0.0) ? bits + 1 : bits - 1;
            __builtin_memcpy(&sum, &bits, sizeof sum);
        }
    }
    return static_cast<float>(sum);
}

[[maybe_unused]] inline float fused_multiply_add(float a, float b, float c) {
#if defined(__FP_FAST_FMAF)
    return __builtin_fmaf(a, b, c);
#else
    return software_fma(a, b, c);
#endif
}

// min(max(value, lo), hi) with the quiet NaN for every NaN; a zero `lo` is +0 and a zero `hi` is -0, so that an equal
// bound may be taken for the value.
[[maybe_unused]] inline float clamp_result(float value, float lo, float hi) {
    if (is_nan(value)) return bits_to_float(kQuietNan);
    const float raised = value > lo ? value : lo;
    return raised < hi ? raised : hi;
}

}  // namespace
}  // namespace ks
