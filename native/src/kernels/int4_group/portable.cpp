// SPDX-License-Identifier: Apache-2.0
// int4 groups in plain C++. Reads KS_LAYOUT_INT4_N32K4.
#include "kernels/portable.h"

#include "kernels/kernels.h"

namespace ks {
namespace {

struct Int4Group {
    using Activations = QuantizedPerRow;
    static constexpr int kBits = 4;
    static constexpr int64_t kGroupBytes = kColumns * sizeof(uint16_t);  // bf16 scale
    static constexpr int64_t kEndBytes = kColumns * 2 * sizeof(float);   // rowsum, bias
    static int64_t group_values(const MatMul& mm) { return mm.group; }

    static void add_group(const int32_t (&sums)[kColumns], const uint8_t* numbers, const RowQuantization&,
                          float (&acc)[kColumns]) {
        const auto* scales = reinterpret_cast<const uint16_t*>(numbers);
        for (int c = 0; c < kColumns; ++c) {
            acc[c] = fused_multiply_add(static_cast<float>(sums[c]), bf16_to_float(scales[c]), acc[c]);
        }
    }

    static void finish(const uint8_t* end, const RowQuantization& row, float (&acc)[kColumns]) {
        const auto* row_sums = reinterpret_cast<const float*>(end);
        const float minus_zero_point = static_cast<float>(-row.zero_point);
        for (int c = 0; c < kColumns; ++c) {
            acc[c] = fused_multiply_add(row_sums[c], minus_zero_point, acc[c]) * row.scale;
        }
    }
};

}  // namespace

const KernelCode kInt4GroupPortable = Portable<Int4Group>::kCode;

}  // namespace ks
