// SPDX-License-Identifier: Apache-2.0
// Q4_0 with dot products. Several rows at once read KS_LAYOUT_Q4_0_NR4KR8.
#include "kernels/nibbles/dotprod.h"
#include "kernels/q4_0/rows.h"
#include "kernels/q4_0/tiles.h"

namespace ks {
namespace {

struct Products : DotProducts {
    struct RowScales {
        float32x4_t rows;

        explicit RowScales(const float* from) : rows(vld1q_f32(from)) {}
        float32x4_t times(const Columns& columns, int sum) const { return vmulq_n_f32(columns.of(sum), rows[sum]); }
    };
};

}  // namespace

const KernelCode kQ4Dotprod = TileKernel<Products>::kCode;
const KernelCode kQ4DotprodRowKr8 = RowKernel<RowProducts<kQuad>>::kCode;
const KernelCode kQ4DotprodRowKr16 = RowKernel<PairedRowProducts<kQuad>>::kCode;

}  // namespace ks
