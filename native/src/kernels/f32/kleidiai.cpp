// SPDX-License-Identifier: Apache-2.0
// f32 through KleidiAI, which reads the activations as they are. Compiled for the baseline.
#include <arm_neon.h>

#include "float_bits.h"
#include "kai/ukernels/matmul/matmul_clamp_f32_f32_f32p/kai_matmul_clamp_f32_f32_f32p16x1b_6x16_neon_mla.h"
#include "kernels/kernels.h"

namespace ks {
namespace {

constexpr int64_t kColumns = 16;

// One byte a row: 1 where it holds a value that is not finite.
uint64_t lhs_size(int64_t m, int64_t, int64_t) { return static_cast<uint64_t>(m); }

int64_t lhs_pieces(int64_t m) { return m; }

bool row_is_finite(const float* x, int64_t k) {
    uint32x4_t largest = vdupq_n_u32(0);
    int64_t i = 0;
    for (; i + 4 <= k; i += 4) largest = vmaxq_u32(largest, vreinterpretq_u32_f32(vabsq_f32(vld1q_f32(x + i))));
    uint32_t bits = vmaxvq_u32(largest);
    for (; i < k; ++i) {
        const uint32_t magnitude = float_to_bits(x[i]) & kMagnitudeMask;
        bits = magnitude > bits ? magnitude : bits;
    }
    return bits < kInfinityBits;
}

void pack_lhs(const MatMul& mm, int64_t row) { mm.lhs[row] = row_is_finite(mm.x + row * mm.x_stride, mm.k) ? 0 : 1; }

void run(const MatMul& mm, int64_t n_begin, int64_t n_end) {
    // This kernel applies the upper bound first, which shows where both bounds are zeros, of unlike sign.
    const float lo = mm.lo < mm.hi ? mm.lo : mm.hi;
    const uint8_t* panels = mm.panels + n_begin * (mm.k + 1) * static_cast<int64_t>(sizeof(float));
    kai_run_matmul_clamp_f32_f32_f32p16x1b_6x16_neon_mla(
        static_cast<size_t>(mm.m), static_cast<size_t>(n_end - n_begin), static_cast<size_t>(mm.k), mm.x,
        static_cast<size_t>(mm.x_stride) * sizeof(float), panels, mm.y + n_begin,
        static_cast<size_t>(mm.y_stride) * sizeof(float), sizeof(float), lo, mm.hi);
    const float not_a_number = bits_to_float(kQuietNan);
    for (int64_t r = 0; r < mm.m; ++r) {
        if (mm.lhs[r] == 0) continue;
        for (int64_t j = n_begin; j < n_end; ++j) mm.y[r * mm.y_stride + j] = not_a_number;
    }
}

}  // namespace

const KernelCode kF32KleidiAI6x16 = {kColumns, lhs_size, lhs_pieces, pack_lhs, run};

}  // namespace ks
