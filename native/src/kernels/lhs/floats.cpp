// SPDX-License-Identifier: Apache-2.0
// f32 activations as they are, transposed in panels.
#include "kernels/floats/neon_row.h"
#include "kernels/lhs/lhs_packer.h"

namespace ks {
namespace {

int64_t size(LhsTile tile, int64_t m, int64_t k, int64_t) {
    return tile.panels(m) * tile.rows * k * static_cast<int64_t>(sizeof(float));
}

// Four rows, to columns `out` on.
void transpose4(const float* x, int64_t x_stride, int64_t k, float* out, int64_t out_stride) {
    int64_t i = 0;
    for (; i + 4 <= k; i += 4) {
        const float32x4_t r0 = vld1q_f32(x + i);
        const float32x4_t r1 = vld1q_f32(x + x_stride + i);
        const float32x4_t r2 = vld1q_f32(x + 2 * x_stride + i);
        const float32x4_t r3 = vld1q_f32(x + 3 * x_stride + i);
        const float32x4_t even01 = vtrn1q_f32(r0, r1);
        const float32x4_t odd01 = vtrn2q_f32(r0, r1);
        const float32x4_t even23 = vtrn1q_f32(r2, r3);
        const float32x4_t odd23 = vtrn2q_f32(r2, r3);
        vst1q_f32(out + i * out_stride, vcombine_f32(vget_low_f32(even01), vget_low_f32(even23)));
        vst1q_f32(out + (i + 1) * out_stride, vcombine_f32(vget_low_f32(odd01), vget_low_f32(odd23)));
        vst1q_f32(out + (i + 2) * out_stride, vcombine_f32(vget_high_f32(even01), vget_high_f32(even23)));
        vst1q_f32(out + (i + 3) * out_stride, vcombine_f32(vget_high_f32(odd01), vget_high_f32(odd23)));
    }
    for (; i < k; ++i) {
        for (int r = 0; r < 4; ++r) out[i * out_stride + r] = x[r * x_stride + i];
    }
}

void pack(const MatMul& mm, LhsTile tile, int64_t panel) {
    float* out = reinterpret_cast<float*>(mm.lhs) + panel * tile.rows * mm.k;
    const int64_t first = panel * tile.rows;
    const int64_t rows = mm.m - first < tile.rows ? mm.m - first : tile.rows;
    const float* x = mm.x + first * mm.x_stride;
    int64_t r = 0;
    for (; r + 4 <= rows; r += 4) transpose4(x + r * mm.x_stride, mm.x_stride, mm.k, out + r, tile.rows);
    for (; r < rows; ++r) {
        for (int64_t i = 0; i < mm.k; ++i) out[i * tile.rows + r] = x[r * mm.x_stride + i];
    }
    for (r = 0; r < rows; ++r) {
        if (!all_below(x + r * mm.x_stride, mm.k, kInfinityBits)) out[r] = bits_to_float(kQuietNan);
    }
}

}  // namespace

const LhsPacker kLhsFloats = {size, pack};

}  // namespace ks
