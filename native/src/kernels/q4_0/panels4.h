// SPDX-License-Identifier: Apache-2.0
// Q4_0 over KleidiAI's panels of 4 columns, KS_LAYOUT_Q4_0_NR4KR8 and _NR4KR16. A block of a panel is its f16 scales,
// then its codes; the bias stands in MatMul::tail.
#pragma once

#include "kernels/kernels.h"
#include "kernels/nibbles/nibbles.h"

namespace ks {
namespace {

constexpr int kScaleBytes = kQuad * sizeof(uint16_t);
constexpr int kCodeBytes = kQuad * kChunk / 2;
constexpr int kBlockBytes = kScaleBytes + kCodeBytes;

// The scales of the block whose codes these are.
inline float32x4_t load_scales(const uint8_t* codes) {
    return vcvt_f32_f16(vreinterpret_f16_u8(vld1_u8(codes - kScaleBytes)));
}

// Bytes of one row's scales in a block of the activations: f32, as often as kLhsPerBlockFloats has them.
constexpr int scale_bytes(int run) { return run; }

// From the sums of 4 columns over all blocks to results.
inline float32x4_t finish(float32x4_t sums, const float* bias, const Bounds& bounds) {
    return bounds.clamp(vaddq_f32(sums, vld1q_f32(bias)));
}

}  // namespace
}  // namespace ks
