// SPDX-License-Identifier: Apache-2.0
// What the packers of activations share: 32 values of a row at a time. For files of the baseline of AArch64 only.
#pragma once

#include <arm_neon.h>
#include <string.h>

#include "kernels/lhs/lhs_packer.h"

namespace ks {

constexpr int64_t kPiece = 32;

inline int64_t padded_k(int64_t k) { return (k + kPiece - 1) / kPiece * kPiece; }

// The values of a row from `i` on; where it has less than 32 left, a copy in `buffer` that ends in zeros.
inline const float* piece_of_row(const float* x, int64_t i, int64_t k, float* buffer) {
    if (k - i >= kPiece) return x + i;
    memset(buffer, 0, kPiece * sizeof(float));
    memcpy(buffer, x + i, static_cast<size_t>(k - i) * sizeof(float));
    return buffer;
}

// Largest magnitude of 32 values; not a number where one of them is not.
inline float largest_magnitude(const float* x) {
    float32x4_t largest[2] = {vdupq_n_f32(0), vdupq_n_f32(0)};
    for (int i = 0; i < kPiece; i += 8) {
        largest[0] = vmaxq_f32(largest[0], vabsq_f32(vld1q_f32(x + i)));  // unlike vmaxnmq_f32, keeps a NaN
        largest[1] = vmaxq_f32(largest[1], vabsq_f32(vld1q_f32(x + i + 4)));
    }
    return vmaxvq_f32(vmaxq_f32(largest[0], largest[1]));
}

struct Codes32 {
    int8x16_t half[2];
};

// saturate(round(x * factor) + zero_point), ties as `Round` does; NaN becomes the zero point.
template <int32x4_t (*Round)(float32x4_t)>
Codes32 quantize32(const float* x, float factor, int16x8_t zero_point) {
    Codes32 codes;
    for (int h = 0; h < 2; ++h) {
        int16x8_t wide[2];
        for (int i = 0; i < 2; ++i) {
            const float* from = x + 16 * h + 8 * i;
            const int32x4_t low = Round(vmulq_n_f32(vld1q_f32(from), factor));
            const int32x4_t high = Round(vmulq_n_f32(vld1q_f32(from + 4), factor));
            wide[i] = vaddq_s16(vcombine_s16(vqmovn_s32(low), vqmovn_s32(high)), zero_point);
        }
        codes.half[h] = vcombine_s8(vqmovn_s16(wide[0]), vqmovn_s16(wide[1]));
    }
    return codes;
}

inline int32x4_t round_away(float32x4_t v) { return vcvtaq_s32_f32(v); }
inline int32x4_t round_even(float32x4_t v) { return vcvtnq_s32_f32(v); }

template <int kRun>
void store_runs(uint8_t* out, Codes32 codes, int64_t stride) {
    int8_t bytes[kPiece];
    vst1q_s8(bytes, codes.half[0]);
    vst1q_s8(bytes + 16, codes.half[1]);
    for (int i = 0; i < kPiece / kRun; ++i) memcpy(out + i * stride, bytes + i * kRun, kRun);
}

// Writes 32 codes of the row whose first run stands at `out`.
inline void store32(uint8_t* out, Codes32 codes, LhsTile tile) {
    if (tile.rows == 1) {
        vst1q_s8(reinterpret_cast<int8_t*>(out), codes.half[0]);
        vst1q_s8(reinterpret_cast<int8_t*>(out) + 16, codes.half[1]);
    } else if (tile.run == 8) {
        store_runs<8>(out, codes, tile.rows * 8);
    } else {
        store_runs<4>(out, codes, tile.rows * 4);
    }
}

}  // namespace ks
