// SPDX-License-Identifier: Apache-2.0
// Q4_0, several rows at once, with the 8-bit matrix multiply. Reads KS_LAYOUT_Q4_0_NR4KR16.
#include "kernels/nibbles/i8mm.h"
#include "kernels/q4_0/tiles.h"

namespace ks {
namespace {

struct Products : MatrixProducts {
    // Each twice, as a vector of sums has it.
    struct RowScales {
        const float* pairs;

        explicit RowScales(const float* from) : pairs(from) {}
        float32x4_t times(const Columns& columns, int sum) const {
            return vmulq_f32(columns.of(sum), vld1q_f32(pairs + sum / 2 * 4));
        }
    };
};

}  // namespace

const KernelCode kQ4I8mm = TileKernel<Products>::kCode;

}  // namespace ks
