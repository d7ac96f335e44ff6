// SPDX-License-Identifier: Apache-2.0
// What the kernels for weights in codes on vectors of 256 bits share below their tiles: vectors of columns, as the
// families use them, and how activations become codes.
#pragma once

#include "kernels/avx2.h"
#include "kernels/codes/tiles.h"

namespace ks {
namespace {

// ---- Vectors of columns, for the families

using Floats = __m256;
using Ints = __m256i;
constexpr int kLanes = 8;
constexpr int kPanelVectors = kColumns / kLanes;

inline Floats broadcast(float value) { return _mm256_set1_ps(value); }
inline Ints broadcast(int32_t value) { return _mm256_set1_epi32(value); }
inline Floats load_floats(const uint8_t* from) { return _mm256_load_ps(reinterpret_cast<const float*>(from)); }
inline Ints load_ints(const uint8_t* from) { return _mm256_load_si256(reinterpret_cast<const __m256i*>(from)); }
inline __m128i load_halves(const uint8_t* from) { return _mm_load_si128(reinterpret_cast<const __m128i*>(from)); }
#if defined(__F16C__)
inline Floats load_f16(const uint8_t* from) { return _mm256_cvtph_ps(load_halves(from)); }
#endif
inline Floats load_bf16(const uint8_t* from) {
    return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_cvtepu16_epi32(load_halves(from)), 16));
}
inline Floats to_floats(Ints value) { return _mm256_cvtepi32_ps(value); }
inline Floats multiply(Floats a, Floats b) { return _mm256_mul_ps(a, b); }
inline Floats multiply_add(Floats a, Floats b, Floats c) { return _mm256_fmadd_ps(a, b, c); }
inline Ints multiply(Ints a, Ints b) { return _mm256_mullo_epi32(a, b); }
inline Ints subtract(Ints a, Ints b) { return _mm256_sub_epi32(a, b); }
template <int kBitCount>
Ints shift_left(Ints value) {
    return _mm256_slli_epi32(value, kBitCount);
}

// ---- Activations

// The first `count` of 8 values, zeros after them.
inline __m256 load_first(const float* from, int64_t count) {
    return count >= kLanes ? _mm256_loadu_ps(from) : _mm256_maskload_ps(from, first_lanes(count));
}

inline Extremes extremes(const float* x, int64_t count) {
    __m256 lo[2] = {_mm256_setzero_ps(), _mm256_setzero_ps()};
    __m256 hi[2] = {_mm256_setzero_ps(), _mm256_setzero_ps()};
    __m256 nan = _mm256_setzero_ps();
    for (int64_t i = 0; i < count; i += 16) {
        const __m256 a = load_first(x + i, count - i);
        const __m256 b = load_first(x + i + 8, count - i - 8);
        lo[0] = _mm256_min_ps(lo[0], a);
        hi[0] = _mm256_max_ps(hi[0], a);
        lo[1] = _mm256_min_ps(lo[1], b);
        hi[1] = _mm256_max_ps(hi[1], b);
        nan = _mm256_or_ps(nan, _mm256_cmp_ps(a, b, _CMP_UNORD_Q));
    }
    const __m256 lows = _mm256_min_ps(lo[0], lo[1]);
    const __m256 highs = _mm256_max_ps(hi[0], hi[1]);
    __m128 low = _mm_min_ps(_mm256_castps256_ps128(lows), _mm256_extractf128_ps(lows, 1));
    __m128 high = _mm_max_ps(_mm256_castps256_ps128(highs), _mm256_extractf128_ps(highs, 1));
    low = _mm_min_ps(low, _mm_movehl_ps(low, low));
    high = _mm_max_ps(high, _mm_movehl_ps(high, high));
    low = _mm_min_ss(low, _mm_movehdup_ps(low));
    high = _mm_max_ss(high, _mm_movehdup_ps(high));
    return {_mm_cvtss_f32(low), _mm_cvtss_f32(high), _mm256_movemask_ps(nan) != 0};
}

// Adding the float below 0.5 and truncating rounds halves away from zero, also just below a half.
inline __m256i round_half_away(__m256 value) {
    const __m256 sign = _mm256_and_ps(value, _mm256_set1_ps(-0.0f));
    return _mm256_cvttps_epi32(_mm256_add_ps(value, _mm256_or_ps(sign, _mm256_set1_ps(0x1.fffffep-2f))));
}

// 8 codes, not clamped.
template <Rounding kRounding>
__m256i quantize(__m256 x, const Quantizer& quantizer) {
    const __m256 scaled = _mm256_mul_ps(x, _mm256_set1_ps(quantizer.multiplier));
    const __m256i rounded = kRounding == Rounding::kHalfAway ? round_half_away(scaled) : _mm256_cvtps_epi32(scaled);
    return _mm256_add_epi32(rounded, _mm256_set1_epi32(quantizer.zero_point));
}

// 32 codes, of which `count` are there.
template <Rounding kRounding>
__m256i quantize_chunk(const float* x, int64_t count, const Quantizer& quantizer) {
    __m256i codes[4];
    for (int i = 0; i < 4; ++i) codes[i] = quantize<kRounding>(load_first(x + 8 * i, count - 8 * i), quantizer);
    const __m256i clamped =
        _mm256_packs_epi16(_mm256_packs_epi32(codes[0], codes[1]), _mm256_packs_epi32(codes[2], codes[3]));
    return _mm256_permutevar8x32_epi32(clamped, _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7));
}

inline __m256i widen_even_bytes(__m256i bytes) { return _mm256_srai_epi16(_mm256_slli_epi16(bytes, 8), 8); }
inline __m256i widen_odd_bytes(__m256i bytes) { return _mm256_srai_epi16(bytes, 8); }

// ---- Weights

// The i-th codes of a dword of each column.
template <int kBits>
[[gnu::always_inline]] inline __m256i unpack(__m256i packed, int i) {
    if constexpr (kBits == 8) {
        return packed;
    } else {
        return _mm256_and_si256(i == 0 ? packed : _mm256_srli_epi16(packed, kBits * i),
                                _mm256_set1_epi8((1 << kBits) - 1));
    }
}

// After each addition to a sum: GCC would add products to each other first, or load ahead, and run out of registers.
[[gnu::always_inline]] inline void keep_order(__m256i& sum) { __asm__("" : "+x"(sum)); }

}  // namespace
}  // namespace ks
