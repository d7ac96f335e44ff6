// SPDX-License-Identifier: Apache-2.0
// What the NEON kernels share. For files of the baseline only.
#pragma once

#include <arm_neon.h>
#include <stdint.h>

namespace ks {
namespace {

// The first `count` of 4 lanes, zeros after them; any count, also negative.
inline float32x4_t load_first(const float* from, int64_t count) {
    if (count >= 4) return vld1q_f32(from);
    float lanes[4] = {};
    for (int64_t i = 0; i < count; ++i) lanes[i] = from[i];
    return vld1q_f32(lanes);
}

inline void store_first(float* to, int64_t count, float32x4_t values) {
    if (count >= 4) {
        vst1q_f32(to, values);
        return;
    }
    float lanes[4];
    vst1q_f32(lanes, values);
    for (int64_t i = 0; i < count; ++i) to[i] = lanes[i];
}

}  // namespace
}  // namespace ks
