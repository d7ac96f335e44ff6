// SPDX-License-Identifier: Apache-2.0
// What every AArch64 kernel of this family asks about a row of activations before it is quantised. For files of the
// baseline only.
#pragma once

#include <arm_neon.h>
#include <stdint.h>

#include "float_bits.h"

namespace ks {

// lo = min(0, min x) and hi = max(0, max x); not numbers where x holds one that is not.
struct RowRange {
    float lo;
    float hi;
};

enum class RowKind {
    kOrdinary,
    kVanishing,  // 255 / (hi - lo) overflows: the row counts as zeros
    kNotFinite,  // a NaN, an infinity, or hi - lo overflows: the row gives NaN
};

// k is a multiple of 32.
inline RowRange row_range(const float* x, int64_t k) {
    const float32x4_t zero = vdupq_n_f32(0);
    float32x4_t lo[4] = {zero, zero, zero, zero};
    float32x4_t hi[4] = {zero, zero, zero, zero};
    for (int64_t i = 0; i < k; i += 16) {
        for (int j = 0; j < 4; ++j) {
            const float32x4_t v = vld1q_f32(x + i + 4 * j);
            lo[j] = vminq_f32(lo[j], v);  // unlike vminnmq_f32, keeps a NaN
            hi[j] = vmaxq_f32(hi[j], v);
        }
    }
    return {vminvq_f32(vminq_f32(vminq_f32(lo[0], lo[1]), vminq_f32(lo[2], lo[3]))),
            vmaxvq_f32(vmaxq_f32(vmaxq_f32(hi[0], hi[1]), vmaxq_f32(hi[2], hi[3])))};
}

// S, the factor from activations to codes.
inline float row_factor(RowRange range) { return range.lo == range.hi ? 1.0f : 255.0f / (range.hi - range.lo); }

inline RowKind row_kind(RowRange range) {
    if (!is_finite(range.hi - range.lo)) return RowKind::kNotFinite;
    return is_finite(row_factor(range)) ? RowKind::kOrdinary : RowKind::kVanishing;
}

}  // namespace ks
