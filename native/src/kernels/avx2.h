// SPDX-License-Identifier: Apache-2.0
// What the AVX2 kernels share. Included only by files compiled for AVX2.
#pragma once

#include <immintrin.h>
#include <stdint.h>

#include "float_bits.h"

namespace ks {
namespace {

// min(max(value, lo), hi) with every NaN made the quiet NaN. Where both operands of max and min are zero, or one is NaN,
// the instructions return the second: the bound.
inline __m256 clamp(__m256 value, __m256 lo, __m256 hi) {
    const __m256 nan = _mm256_cmp_ps(value, value, _CMP_UNORD_Q);
    const __m256 clamped = _mm256_min_ps(_mm256_max_ps(value, lo), hi);
    return _mm256_blendv_ps(clamped, _mm256_set1_ps(bits_to_float(kQuietNan)), nan);
}

// The first `columns` of 8 lanes, as maskload and maskstore take them; any number of columns, also negative.
inline __m256i first_lanes(int64_t columns) {
    const int32_t limit = static_cast<int32_t>(columns >= 8 ? 8 : columns <= 0 ? 0 : columns);
    return _mm256_cmpgt_epi32(_mm256_set1_epi32(limit), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}

// Writes the first `columns` of 8 values. Masked stores are slow on some processors, hence the two ways.
inline void store_first(float* to, int64_t columns, __m256 values) {
    if (columns >= 8) {
        _mm256_storeu_ps(to, values);
    } else if (columns > 0) {
        _mm256_maskstore_ps(to, first_lanes(columns), values);
    }
}

}  // namespace
}  // namespace ks
