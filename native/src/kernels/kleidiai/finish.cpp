// SPDX-License-Identifier: Apache-2.0
#include "kernels/kleidiai/finish.h"

#include <arm_neon.h>
#include <string.h>

namespace ks {
namespace {

// Replaces each four values v of y by clamp(finish(row, column, v)). What finish() reads of the tail is padded.
template <typename Finish>
void finish_columns(const MatMul& mm, int64_t n_begin, int64_t n_end, Finish finish) {
    const float32x4_t lo = vdupq_n_f32(mm.lo);
    const float32x4_t hi = vdupq_n_f32(mm.hi);
    const auto clamped = [&](float32x4_t v) { return vminq_f32(vmaxq_f32(v, lo), hi); };
    for (int64_t row = 0; row < mm.m; ++row) {
        float* y = mm.y + row * mm.y_stride;
        int64_t j = n_begin;
        for (; j + 4 <= n_end; j += 4) vst1q_f32(y + j, clamped(finish(row, j, vld1q_f32(y + j))));
        if (j == n_end) continue;
        float rest[4] = {};
        memcpy(rest, y + j, static_cast<size_t>(n_end - j) * sizeof(float));
        vst1q_f32(rest, clamped(finish(row, j, vld1q_f32(rest))));
        memcpy(y + j, rest, static_cast<size_t>(n_end - j) * sizeof(float));
    }
}

}  // namespace

void add_bias(const MatMul& mm, int64_t n_begin, int64_t n_end) {
    const float* bias = mm.tail;
    finish_columns(mm, n_begin, n_end,
                   [=](int64_t, int64_t j, float32x4_t v) { return vaddq_f32(v, vld1q_f32(bias + j)); });
}

void scale_channels(const MatMul& mm, const float* row_scales, int64_t n_begin, int64_t n_end) {
    const float* scale = mm.tail;
    const float* bias = scale + mm.padded_n;
    finish_columns(mm, n_begin, n_end, [=](int64_t row, int64_t j, float32x4_t v) {
        const float32x4_t factor = vmulq_n_f32(vld1q_f32(scale + j), row_scales[row]);
        return vaddq_f32(vmulq_f32(v, factor), vld1q_f32(bias + j));
    });
}

}  // namespace ks
