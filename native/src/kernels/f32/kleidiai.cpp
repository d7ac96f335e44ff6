// SPDX-License-Identifier: Apache-2.0
// f32 through KleidiAI, which reads the activations as they are. Compiled for the baseline; the kernel for SVE brings
// its own flags.
#include "kai/ukernels/matmul/matmul_clamp_f32_f32_f32p/kai_matmul_clamp_f32_f32_f32p16x1b_6x16_neon_mla.h"
#include "kai/ukernels/matmul/matmul_clamp_f32_f32_f32p/kai_matmul_clamp_f32_f32_f32p4vlx1b_6x4vl_sve_mla.h"
#include "kernels/floats/elements.h"
#include "kernels/floats/neon_row.h"
#include "kernels/kernels.h"

namespace ks {
namespace {

int64_t lhs_pieces(int64_t m) { return m; }

template <decltype(kai_run_matmul_clamp_f32_f32_f32p16x1b_6x16_neon_mla) kUkernel>
void run(const MatMul& mm, int64_t n_begin, int64_t n_end) {
    // These kernels apply the upper bound first, which shows where both bounds are zeros, of unlike sign.
    const float lo = mm.lo < mm.hi ? mm.lo : mm.hi;
    const uint8_t* panels = mm.panels + n_begin * (mm.k + 1) * static_cast<int64_t>(sizeof(float));
    kUkernel(static_cast<size_t>(mm.m), static_cast<size_t>(n_end - n_begin), static_cast<size_t>(mm.k), mm.x,
             static_cast<size_t>(mm.x_stride) * sizeof(float), panels, mm.y + n_begin,
             static_cast<size_t>(mm.y_stride) * sizeof(float), sizeof(float), lo, mm.hi);
    const float not_a_number = bits_to_float(kQuietNan);
    for (int64_t r = 0; r < mm.m; ++r) {
        if (!row_is_void<float>(mm, r)) continue;
        for (int64_t j = n_begin; j < n_end; ++j) mm.y[r * mm.y_stride + j] = not_a_number;
    }
}

}  // namespace

const KernelCode kF32KleidiAI6x16 = {16, lhs_size<float>, lhs_pieces, pack_row<float>,
                                     run<kai_run_matmul_clamp_f32_f32_f32p16x1b_6x16_neon_mla>};
const KernelCode kF32KleidiAISve6x4vl = {0, lhs_size<float>, lhs_pieces, pack_row<float>,
                                         run<kai_run_matmul_clamp_f32_f32_f32p4vlx1b_6x4vl_sve_mla>};

}  // namespace ks
