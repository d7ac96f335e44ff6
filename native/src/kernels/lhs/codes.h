// SPDX-License-Identifier: Apache-2.0
// What the packers of activations share: 32 values of a row at a time. For files of the baseline of AArch64 only.
#pragma once

#include <arm_neon.h>
#include <string.h>

#include "kernels/lhs/lhs_packer.h"

namespace ks {

constexpr int64_t kPiece = 32;

inline int64_t padded_k(int64_t k) { return (k + kPiece - 1) / kPiece * kPiece; }

// Largest magnitude of 32 values; not a number where one of them is not.
inline float largest_magnitude(const float* x) {
    float32x4_t largest[2] = {vdupq_n_f32(0), vdupq_n_f32(0)};
    for (int i = 0; i < kPiece; i += 8) {
        largest[0] = vmaxq_f32(largest[0], vabsq_f32(vld1q_f32(x + i)));  // unlike vmaxnmq_f32, keeps a NaN
        largest[1] = vmaxq_f32(largest[1], vabsq_f32(vld1q_f32(x + i + 4)));
    }
    return vmaxvq_f32(vmaxq_f32(largest[0], largest[1]));
}

// Calls work(i, values) for each 32 values of a row, from the i-th on; where less than 32 are left, with a copy of them
// that ends in zeros.
template <typename Work>
[[gnu::always_inline]] inline void for_pieces(const float* x, int64_t k, Work work) {
    int64_t i = 0;
    for (; k - i >= kPiece; i += kPiece) work(i, x + i);
    if (i == k) return;
    float rest[kPiece] = {};
    memcpy(rest, x + i, static_cast<size_t>(k - i) * sizeof(float));
    work(i, static_cast<const float*>(rest));
}

struct Codes32 {
    int8x16_t half[2];
};

// saturate(round(x * factor) + zero_point), ties as `Round` does; NaN becomes the zero point. |x * factor| < 2^15, or
// the codes do not matter.
template <int32x4_t (*Round)(float32x4_t)>
Codes32 quantize32(const float* x, float factor, int16x8_t zero_point) {
    Codes32 codes;
    for (int h = 0; h < 2; ++h) {
        int16x8_t wide[2];
        for (int i = 0; i < 2; ++i) {
            const float* from = x + 16 * h + 8 * i;
            const int32x4_t low = Round(vmulq_n_f32(vld1q_f32(from), factor));
            const int32x4_t high = Round(vmulq_n_f32(vld1q_f32(from + 4), factor));
            const int16x8_t rounded = vuzp1q_s16(vreinterpretq_s16_s32(low), vreinterpretq_s16_s32(high));
            wide[i] = vaddq_s16(rounded, zero_point);
        }
        codes.half[h] = vcombine_s8(vqmovn_s16(wide[0]), vqmovn_s16(wide[1]));
    }
    return codes;
}

inline int32x4_t round_away(float32x4_t v) { return vcvtaq_s32_f32(v); }
inline int32x4_t round_even(float32x4_t v) { return vcvtnq_s32_f32(v); }

// 16 codes as 2 runs of 8 or 4 runs of 4, so many bytes apart.
inline void store_eights(uint8_t* out, int8x16_t codes, int64_t stride) {
    const int64x2_t runs = vreinterpretq_s64_s8(codes);
    vst1q_lane_s64(reinterpret_cast<int64_t*>(out), runs, 0);
    vst1q_lane_s64(reinterpret_cast<int64_t*>(out + stride), runs, 1);
}

inline void store_fours(uint8_t* out, int8x16_t codes, int64_t stride) {
    const int32x4_t runs = vreinterpretq_s32_s8(codes);
    vst1q_lane_s32(reinterpret_cast<int32_t*>(out), runs, 0);
    vst1q_lane_s32(reinterpret_cast<int32_t*>(out + stride), runs, 1);
    vst1q_lane_s32(reinterpret_cast<int32_t*>(out + 2 * stride), runs, 2);
    vst1q_lane_s32(reinterpret_cast<int32_t*>(out + 3 * stride), runs, 3);
}

// Writes 32 codes of the row whose first run stands at `out`.
inline void store32(uint8_t* out, Codes32 codes, LhsTile tile) {
    if (tile.rows == 1) {
        vst1q_s8(reinterpret_cast<int8_t*>(out), codes.half[0]);
        vst1q_s8(reinterpret_cast<int8_t*>(out) + 16, codes.half[1]);
    } else if (tile.run == 8) {
        store_eights(out, codes.half[0], tile.rows * 8);
        store_eights(out + tile.rows * 16, codes.half[1], tile.rows * 8);
    } else {
        store_fours(out, codes.half[0], tile.rows * 4);
        store_fours(out + tile.rows * 16, codes.half[1], tile.rows * 4);
    }
}

}  // namespace ks
