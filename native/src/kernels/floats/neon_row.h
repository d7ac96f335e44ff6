// SPDX-License-Identifier: Apache-2.0
// A row of float activations on NEON. For files of the baseline only.
#pragma once

#include <arm_neon.h>
#include <stdint.h>

#include "float_bits.h"

namespace ks {
namespace {

// Whether every magnitude of the row, as bits, is below the given one.
inline bool all_below(const float* row, int64_t k, uint32_t magnitude) {
    uint32x4_t largest = vdupq_n_u32(0);
    int64_t i = 0;
    for (; i + 4 <= k; i += 4) largest = vmaxq_u32(largest, vreinterpretq_u32_f32(vabsq_f32(vld1q_f32(row + i))));
    uint32_t bits = vmaxvq_u32(largest);
    for (; i < k; ++i) {
        const uint32_t found = float_to_bits(row[i]) & kMagnitudeMask;
        bits = found > bits ? found : bits;
    }
    return bits < magnitude;
}

}  // namespace
}  // namespace ks
