// SPDX-License-Identifier: Apache-2.0
// bf16 through KleidiAI, with instructions that add two products at a time and round to odd: other bits than this
// library's arithmetic. Compiled for the baseline; these kernels bring their own flags.
#include "kai/ukernels/matmul/matmul_clamp_f32_bf16p_bf16p/kai_matmul_clamp_f32_bf16p1x4_bf16p12x4b_1x36_neon_dot.h"
#include "kai/ukernels/matmul/matmul_clamp_f32_bf16p_bf16p/kai_matmul_clamp_f32_bf16p8x4_bf16p12x4b_8x12_neon_mmla.h"
#include "kai/ukernels/matmul/pack/kai_lhs_quant_pack_bf16p1x4_f32_neon.h"
#include "kai/ukernels/matmul/pack/kai_lhs_quant_pack_bf16p8x4_f32_neon.h"
#include "kernels/floats/elements.h"
#include "kernels/floats/neon_row.h"
#include "kernels/kernels.h"

namespace ks {
namespace {

constexpr int64_t kRun = 4;  // values of k that stand together, of weights as of activations
constexpr uint16_t kQuietNanBf16 = 0x7FC0;

int64_t padded_k(int64_t k) { return (k + kRun - 1) / kRun * kRun; }

// A packer and a kernel for panels of kRows rows of activations.
template <int64_t kRows, decltype(kai_run_lhs_quant_pack_bf16p8x4_f32_neon) kPack,
          decltype(kai_run_matmul_clamp_f32_bf16p8x4_bf16p12x4b_8x12_neon_mmla) kMultiply>
struct Panels {
    static int64_t lhs_pieces(int64_t m) { return (m + kRows - 1) / kRows; }

    static int64_t panel_elements(int64_t k) { return kRows * padded_k(k); }

    static uint64_t lhs_size(int64_t m, int64_t k, int64_t) {
        return static_cast<uint64_t>(lhs_pieces(m) * panel_elements(k)) * sizeof(uint16_t);
    }

    // A row that is not finite begins with a NaN, which no sum loses again.
    static void pack_lhs(const MatMul& mm, int64_t piece) {
        const int64_t begin = piece * kRows;
        const int64_t rows = mm.m - begin < kRows ? mm.m - begin : kRows;
        const float* x = mm.x + begin * mm.x_stride;
        uint16_t* panel = reinterpret_cast<uint16_t*>(mm.lhs) + piece * panel_elements(mm.k);
        kPack(static_cast<size_t>(rows), static_cast<size_t>(mm.k), kRows, kRun, 1, 0, x,
              static_cast<size_t>(mm.x_stride) * sizeof(float), panel);
        for (int64_t r = 0; r < rows; ++r) {
            if (!all_below(x + r * mm.x_stride, mm.k, kOverflow<Bf16>)) panel[r * kRun] = kQuietNanBf16;
        }
    }

    static void run(const MatMul& mm, int64_t n_begin, int64_t n_end) {
        const int64_t column_bytes =
            static_cast<int64_t>(sizeof(float)) + padded_k(mm.k) * static_cast<int64_t>(sizeof(uint16_t));
        // Where both bounds are zeros, of unlike sign, it shows which of them is applied first.
        const float lo = mm.lo < mm.hi ? mm.lo : mm.hi;
        kMultiply(static_cast<size_t>(mm.m), static_cast<size_t>(n_end - n_begin), static_cast<size_t>(mm.k), mm.lhs,
                  mm.panels + n_begin * column_bytes, mm.y + n_begin, static_cast<size_t>(mm.y_stride) * sizeof(float),
                  sizeof(float), lo, mm.hi);
    }
};

using Panels8 =
    Panels<8, kai_run_lhs_quant_pack_bf16p8x4_f32_neon, kai_run_matmul_clamp_f32_bf16p8x4_bf16p12x4b_8x12_neon_mmla>;
using Panels1 =
    Panels<1, kai_run_lhs_quant_pack_bf16p1x4_f32_neon, kai_run_matmul_clamp_f32_bf16p1x4_bf16p12x4b_1x36_neon_dot>;

}  // namespace

const KernelCode kBf16KleidiAIMmla8x12 = {12, Panels8::lhs_size, Panels8::lhs_pieces, Panels8::pack_lhs, Panels8::run};
const KernelCode kBf16KleidiAIDot1x36 = {36, Panels1::lhs_size, Panels1::lhs_pieces, Panels1::pack_lhs, Panels1::run};

}  // namespace ks
