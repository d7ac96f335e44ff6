// SPDX-License-Identifier: Apache-2.0
#include "kernels/kleidiai/finish.h"

#include <arm_neon.h>
#include <string.h>

#include "float_bits.h"

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

// The outer-product kernels begin a sum with its first product instead of adding that to +0. So the sum is -0 where all
// products are; it is in no other case, as none of these products is too small for a float.
float32x4_t from_positive_zero(float32x4_t sum) { return vaddq_f32(sum, vdupq_n_f32(0)); }

constexpr uint32_t kNegativeZero = 0x80000000;

// One result: `bias`, and `width` floats further on for each k the weights of its column.
float chain(const float* x, const float* bias, int64_t width, int64_t k) {
    float acc = *bias;
    for (int64_t i = 0; i < k; ++i) acc = __builtin_fmaf(x[i], bias[(i + 1) * width], acc);
    return acc;
}

}  // namespace

void finish_clamp(const MatMul& mm, LhsTile, int64_t n_begin, int64_t n_end) {
    finish_columns(mm, n_begin, n_end, [](int64_t, int64_t, float32x4_t v) { return v; });
}

void finish_clamp_and_zero_bias(const MatMul& mm, LhsTile tile, int64_t n_begin, int64_t n_end) {
    const int64_t width = mm.vector_bytes / 2;
    for (int64_t j = n_begin; j < n_end; ++j) {
        const float* bias = reinterpret_cast<const float*>(mm.panels) + j / width * width * (mm.k + 1) + j % width;
        if (float_to_bits(*bias) != kNegativeZero) continue;
        for (int64_t row = 0; row < mm.m; ++row) {
            float& y = mm.y[row * mm.y_stride + j];
            if (float_to_bits(y) == 0) y = chain(mm.x + row * mm.x_stride, bias, width, mm.k);
        }
    }
    finish_clamp(mm, tile, n_begin, n_end);
}

void finish_bias(const MatMul& mm, LhsTile, int64_t n_begin, int64_t n_end) {
    const float* bias = mm.tail;
    finish_columns(mm, n_begin, n_end, [=](int64_t, int64_t j, float32x4_t v) {
        return vaddq_f32(from_positive_zero(v), vld1q_f32(bias + j));
    });
}

void finish_sixteenth_and_bias(const MatMul& mm, LhsTile, int64_t n_begin, int64_t n_end) {
    const float* bias = mm.tail;
    finish_columns(mm, n_begin, n_end, [=](int64_t, int64_t j, float32x4_t v) {
        return vaddq_f32(vmulq_n_f32(from_positive_zero(v), 1.0f / 16), vld1q_f32(bias + j));
    });
}

void finish_rows(const MatMul& mm, LhsTile tile, int64_t n_begin, int64_t n_end) {
    const float* scale_x = row_scales(mm, tile);
    const float* bias = mm.tail;
    finish_columns(mm, n_begin, n_end, [=](int64_t row, int64_t j, float32x4_t v) {
        return vaddq_f32(vmulq_n_f32(from_positive_zero(v), scale_x[row]), vld1q_f32(bias + j));
    });
}

namespace {

// y = clamp(y * y_factor * (scale_x * (scale_w * scale_factor)) + bias); the factors are powers of two.
void finish_scaled(const MatMul& mm, LhsTile tile, int64_t n_begin, int64_t n_end, float y_factor, float scale_factor) {
    const float* scale_x = row_scales(mm, tile);
    const float* scale_w = mm.tail;
    const float* bias = scale_w + mm.padded_n;
    finish_columns(mm, n_begin, n_end, [=](int64_t row, int64_t j, float32x4_t v) {
        const float32x4_t scale = vmulq_n_f32(vmulq_n_f32(vld1q_f32(scale_w + j), scale_factor), scale_x[row]);
        return vaddq_f32(vmulq_f32(vmulq_n_f32(v, y_factor), scale), vld1q_f32(bias + j));
    });
}

}  // namespace

void finish_channels(const MatMul& mm, LhsTile tile, int64_t n_begin, int64_t n_end) {
    finish_scaled(mm, tile, n_begin, n_end, 1, 1);
}

void finish_int4_channels(const MatMul& mm, LhsTile tile, int64_t n_begin, int64_t n_end) {
    finish_scaled(mm, tile, n_begin, n_end, 1, 1.0f / 16);
}

void finish_int4_channels_of_t(const MatMul& mm, LhsTile tile, int64_t n_begin, int64_t n_end) {
    finish_scaled(mm, tile, n_begin, n_end, 16, 1.0f / 16);
}

}  // namespace ks
