// SPDX-License-Identifier: Apache-2.0
// int4 groups through KleidiAI. Compiled for the baseline: KleidiAI's objects bring their own instruction sets, and the
// packer of activations needs NEON only.
#include "kernels/int4_group/kleidiai.h"

#include <string.h>

#include "kai/ukernels/matmul/pack/kai_lhs_quant_pack_qai8dxp_f32.h"
#include "kernels/int4_group/neon_row.h"
#include "kernels/kernels.h"

namespace ks {
namespace {

template <const KleidiAIInt4& ukernel>
struct Adapter {
    static constexpr int64_t mr = static_cast<int64_t>(ukernel.mr);
    static constexpr int64_t nr = static_cast<int64_t>(ukernel.nr);
    static constexpr int64_t run_bytes = static_cast<int64_t>(ukernel.kr / ukernel.sr);  // of one row, contiguous

    // Packed activations, per mr rows: the codes, run_bytes of a row at a time; then -zp of each row; then its scale.
    static int64_t panel_bytes(int64_t k) { return mr * (k + 8); }

    static uint64_t lhs_size(int64_t m, int64_t k, int64_t) {
        return static_cast<uint64_t>(lhs_pieces(m) * panel_bytes(k));
    }

    static int64_t lhs_pieces(int64_t m) { return (m + mr - 1) / mr; }

    static void pack_lhs(const MatMul& mm, int64_t piece) {
        const int64_t first = piece * mr;
        const int64_t rows = mm.m - first < mr ? mm.m - first : mr;
        const float* x = mm.x + first * mm.x_stride;
        uint8_t* panel = mm.lhs + piece * panel_bytes(mm.k);
        kai_run_lhs_quant_pack_qai8dxp_f32(static_cast<size_t>(rows), static_cast<size_t>(mm.k), ukernel.mr, ukernel.kr,
                                           ukernel.sr, 0, x, static_cast<size_t>(mm.x_stride) * sizeof(float), panel);
        // KleidiAI gives rows that are not finite a finite result and rows that vanish an arbitrary one.
        for (int64_t r = 0; r < rows; ++r) {
            const RowKind kind = row_kind(row_range(x + r * mm.x_stride, mm.k));
            if (kind != RowKind::kOrdinary) replace_row(panel, mm.k, r, kind == RowKind::kNotFinite ? kQuietNan : 0);
        }
    }

    // Codes and zero point 0, and the scale given as bits.
    static void replace_row(uint8_t* panel, int64_t k, int64_t row, uint32_t scale) {
        for (int64_t i = 0; i < k; i += run_bytes) memset(panel + i * mr + row * run_bytes, 0, run_bytes);
        memset(panel + mr * k + 4 * row, 0, 4);
        memcpy(panel + mr * (k + 4) + 4 * row, &scale, 4);
    }

    static void run(const MatMul& mm, int64_t n_begin, int64_t n_end) {
        const int64_t weight_panel = nr * (mm.k / 2 + 2 * (mm.k / mm.group) + 8);
        ukernel.run(static_cast<size_t>(mm.m), static_cast<size_t>(n_end - n_begin), static_cast<size_t>(mm.k),
                    static_cast<size_t>(mm.group), mm.lhs, mm.panels + n_begin / nr * weight_panel, mm.y + n_begin,
                    static_cast<size_t>(mm.y_stride) * sizeof(float), sizeof(float), mm.lo, mm.hi);
    }

    static constexpr KernelCode code = {nr, lhs_size, lhs_pieces, pack_lhs, run};
};

}  // namespace

const KernelCode kInt4GroupKleidiAII8mm4x8 = Adapter<kKleidiAIInt4I8mm4x8>::code;
const KernelCode kInt4GroupKleidiAIDotprod4x8 = Adapter<kKleidiAIInt4Dotprod4x8>::code;
const KernelCode kInt4GroupKleidiAIDotprod1x8Kr8 = Adapter<kKleidiAIInt4Dotprod1x8Kr8>::code;
const KernelCode kInt4GroupKleidiAIDotprod1x8Kr16 = Adapter<kKleidiAIInt4Dotprod1x8Kr16>::code;

}  // namespace ks
