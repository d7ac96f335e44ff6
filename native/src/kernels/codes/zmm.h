// SPDX-License-Identifier: Apache-2.0
// What the kernels for weights in codes on vectors of 512 bits share below their tiles: vectors of columns, as the
// families use them, and how activations become codes.
#pragma once

#include "kernels/avx512.h"
#include "kernels/codes/family.h"

namespace ks {
namespace {

// ---- Vectors of columns, for the families

using Floats = __m512;
using Ints = __m512i;
constexpr int kLanes = 16;

inline Floats broadcast(float value) { return _mm512_set1_ps(value); }
inline Ints broadcast(int32_t value) { return _mm512_set1_epi32(value); }
inline Floats load_floats(const uint8_t* from) { return _mm512_load_ps(from); }
inline Ints load_ints(const uint8_t* from) { return _mm512_load_si512(from); }
inline __m256i load_halves(const uint8_t* from) { return _mm256_load_si256(reinterpret_cast<const __m256i*>(from)); }
inline Floats load_f16(const uint8_t* from) { return _mm512_cvtph_ps(load_halves(from)); }
inline Floats load_bf16(const uint8_t* from) {
    return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(load_halves(from)), 16));
}
inline Floats to_floats(Ints value) { return _mm512_cvtepi32_ps(value); }
inline Floats multiply(Floats a, Floats b) { return _mm512_mul_ps(a, b); }
inline Floats multiply_add(Floats a, Floats b, Floats c) { return _mm512_fmadd_ps(a, b, c); }
inline Ints multiply(Ints a, Ints b) { return _mm512_mullo_epi32(a, b); }
inline Ints subtract(Ints a, Ints b) { return _mm512_sub_epi32(a, b); }
template <int kBitCount>
Ints shift_left(Ints value) {
    return _mm512_slli_epi32(value, kBitCount);
}

// ---- Activations

inline Extremes extremes(const float* x, int64_t count) {
    __m512 lo[2] = {_mm512_setzero_ps(), _mm512_setzero_ps()};
    __m512 hi[2] = {_mm512_setzero_ps(), _mm512_setzero_ps()};
    __mmask16 nan = 0;
    for (int64_t i = 0; i < count; i += kChunk) {
        const __m512 a = _mm512_maskz_loadu_ps(first_lanes(count - i), x + i);
        const __m512 b = _mm512_maskz_loadu_ps(first_lanes(count - i - 16), x + i + 16);
        lo[0] = _mm512_min_ps(lo[0], a);
        hi[0] = _mm512_max_ps(hi[0], a);
        lo[1] = _mm512_min_ps(lo[1], b);
        hi[1] = _mm512_max_ps(hi[1], b);
        nan = static_cast<__mmask16>(nan | _mm512_cmp_ps_mask(a, b, _CMP_UNORD_Q));
    }
    return {_mm512_reduce_min_ps(_mm512_min_ps(lo[0], lo[1])), _mm512_reduce_max_ps(_mm512_max_ps(hi[0], hi[1])),
            nan != 0};
}

// Adding the float below 0.5 and truncating rounds halves away from zero, also just below a half.
inline __m512i round_half_away(__m512 value) {
    const __m512i below_half = _mm512_castps_si512(_mm512_set1_ps(0x1.fffffep-2f));
    const __m512i sign = _mm512_set1_epi32(INT32_MIN);
    constexpr int kFirstAndSecondOrThird = 0xEA;
    const __m512 half = _mm512_castsi512_ps(
        _mm512_ternarylogic_epi32(_mm512_castps_si512(value), sign, below_half, kFirstAndSecondOrThird));
    return _mm512_cvttps_epi32(_mm512_add_ps(value, half));
}

// 16 codes.
template <Rounding kRounding>
__m128i quantize(__m512 x, const Quantizer& quantizer) {
    const __m512 scaled = _mm512_mul_ps(x, _mm512_set1_ps(quantizer.multiplier));
    const __m512i rounded = kRounding == Rounding::kHalfAway ? round_half_away(scaled) : _mm512_cvtps_epi32(scaled);
    return _mm512_cvtsepi32_epi8(_mm512_add_epi32(rounded, _mm512_set1_epi32(quantizer.zero_point)));
}

// 32 codes, of which `count` are there.
template <Rounding kRounding>
__m256i quantize_chunk(const float* x, int64_t count, const Quantizer& quantizer) {
    const __m512 low = _mm512_maskz_loadu_ps(first_lanes(count), x);
    const __m512 high = _mm512_maskz_loadu_ps(first_lanes(count - 16), x + 16);
    return _mm256_set_m128i(quantize<kRounding>(high, quantizer), quantize<kRounding>(low, quantizer));
}

}  // namespace
}  // namespace ks
