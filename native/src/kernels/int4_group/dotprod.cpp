// SPDX-License-Identifier: Apache-2.0
// int4 groups with dot products.
#include "kernels/nibbles/dotprod.h"
#include "kernels/int4_group/rows.h"
#include "kernels/int4_group/tiles.h"

namespace ks {
namespace {

// KS_LAYOUT_INT4_NR8KR8.
struct Products : DotProducts {
    static constexpr int kHalfBytes = 16;
    static constexpr int kVectors[] = {0, 32, 64, 96};
};

}  // namespace

const KernelCode kInt4GroupDotprod = TileKernel<Products>::kCode;
const KernelCode kInt4GroupDotprodRowKr8 = RowKernel<RowProducts<kColumns>>::kCode;
const KernelCode kInt4GroupDotprodRowKr16 = RowKernel<PairedRowProducts<kColumns>>::kCode;

}  // namespace ks
