// SPDX-License-Identifier: Apache-2.0
// int4 groups over KleidiAI's panels of 8 columns. After the codes of a group come its bf16 scales, after all groups
// rowsum[8] and bias[8].
#pragma once

#include "kernels/kernels.h"
#include "kernels/nibbles/nibbles.h"

namespace ks {
namespace {

constexpr int kColumns = 8;  // a panel
constexpr int kChunkBytes = kColumns * kChunk / 2;
constexpr int kScaleBytes = kColumns * sizeof(uint16_t);
constexpr int kEndBytes = kColumns * 2 * sizeof(float);

inline float32x4_t load_scales(const uint8_t* from) {
    return vreinterpretq_f32_u32(vshll_n_u16(vreinterpret_u16_u8(vld1_u8(from)), 16));
}

// What all panels of a multiplication have in common.
struct Shape {
    int64_t groups;
    int64_t chunks;  // in a group
    int64_t panel_bytes;

    explicit Shape(const MatMul& mm) : groups(mm.k / mm.group), chunks(mm.group / kChunk) {
        panel_bytes = groups * (chunks * kChunkBytes + kScaleBytes) + kEndBytes;
    }
};

// What follows all groups of a panel, of 4 columns.
struct ColumnsEnd {
    float32x4_t row_sum;
    float32x4_t bias;

    explicit ColumnsEnd(const uint8_t* from)
        : row_sum(vreinterpretq_f32_u8(vld1q_u8(from))),
          bias(vreinterpretq_f32_u8(vld1q_u8(from + kColumns * sizeof(float)))) {}
};

// From the sums of 4 columns over all groups to results.
[[gnu::always_inline]] inline float32x4_t finish(float32x4_t sums, const ColumnsEnd& end, float minus_zero_point,
                                                 float scale, const Bounds& bounds) {
    const float32x4_t scaled = vmulq_n_f32(vfmaq_n_f32(sums, end.row_sum, minus_zero_point), scale);
    return bounds.clamp(vaddq_f32(scaled, end.bias));
}

}  // namespace
}  // namespace ks
