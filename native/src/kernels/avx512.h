// SPDX-License-Identifier: Apache-2.0
// What the AVX-512 kernels share. Included only by files compiled for AVX-512.
#pragma once

#include <stdint.h>

// GCC 12 calls the deliberately undefined operands inside these intrinsics uninitialised (its bug 105593).
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wuninitialized"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#include <immintrin.h>
#pragma GCC diagnostic pop
#else
#include <immintrin.h>
#endif

#include "float_bits.h"

namespace ks {
namespace {

// min(max(value, lo), hi) with every NaN made the quiet NaN. Where both operands of max and min are zero, or one is NaN,
// the instructions return the second: the bound.
inline __m512 clamp(__m512 value, __m512 lo, __m512 hi) {
    const __mmask16 nan = _mm512_cmp_ps_mask(value, value, _CMP_UNORD_Q);
    const __m512 clamped = _mm512_min_ps(_mm512_max_ps(value, lo), hi);
    return _mm512_mask_mov_ps(clamped, nan, _mm512_set1_ps(bits_to_float(kQuietNan)));
}

// The first `columns` of 16 lanes; any number of columns, also negative.
inline __mmask16 first_lanes(int64_t columns) {
    return static_cast<__mmask16>(columns >= 16 ? 0xFFFF : columns <= 0 ? 0 : (1 << columns) - 1);
}

}  // namespace
}  // namespace ks
