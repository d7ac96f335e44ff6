// SPDX-License-Identifier: Apache-2.0
// int4 groups, several rows at once, with the 8-bit matrix multiply.
#include "kernels/nibbles/i8mm.h"
#include "kernels/int4_group/tiles.h"

namespace ks {
namespace {

// KS_LAYOUT_INT4_NR8KR16.
struct Products : MatrixProducts {
    static constexpr int kHalfBytes = 32;
    static constexpr int kVectors[] = {0, 16, 64, 80};
};

}  // namespace

const KernelCode kInt4GroupI8mm = TileKernel<Products>::kCode;

}  // namespace ks
