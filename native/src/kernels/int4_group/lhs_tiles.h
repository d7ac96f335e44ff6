// SPDX-License-Identifier: Apache-2.0
// Activations as the x64 kernels read them. A tile of rows is: for each group int32 -8 * sum(qa) of each row, then for
// each 4 values along k the 4 int8 codes of each row; after the groups f32 -zp of each row, f32 scale of each row.
// Included by files that are compiled for different instruction sets, hence the anonymous namespace.
#pragma once

#include <float.h>
#include <immintrin.h>
#include <stdint.h>

namespace ks {
namespace {

// Values along k whose codes share their bytes in the packed weights.
constexpr int kChunk = 32;

inline int64_t lhs_row_bytes(int64_t k, int64_t group) {
    return k + 4 * (k / group) + 8;
}

// How one row of x becomes codes; see ks_matmul().
struct RowQuantizer {
    float multiplier;
    int32_t zero_point;
    float scale;
    bool all_zero;  // the codes are 0 whatever the values
};

// `lo` and `hi` are the extremes of the row and 0; `has_nan` says that a NaN was left out of them.
inline RowQuantizer row_quantizer(float lo, float hi, bool has_nan) {
    const float range = hi - lo;
    if (has_nan || !(range <= FLT_MAX)) return {0, 0, __builtin_nanf(""), true};
    const float multiplier = range == 0 ? 1.0f : 255.0f / range;
    if (multiplier > FLT_MAX) return {0, 0, 0, true};
    const float low = lo * multiplier;
    const float high = hi * multiplier;
    const float error = (-128.0f + low) + (127.0f + high);
    const __m128 zero_point = _mm_set_ss(error > 0 ? -128.0f - low : 127.0f - high);
    const __m128 clamped = _mm_min_ss(_mm_max_ss(zero_point, _mm_set_ss(-128.0f)), _mm_set_ss(127.0f));
    return {multiplier, _mm_cvtss_si32(clamped), 1.0f / multiplier, false};
}

}  // namespace
}  // namespace ks
