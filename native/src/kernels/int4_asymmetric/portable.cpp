// SPDX-License-Identifier: Apache-2.0
// int4 in groups with zeros in plain C++. Reads KS_LAYOUT_INT4_ASYMMETRIC_N32K4.
#include "kernels/portable.h"

#include "kernels/kernels.h"

namespace ks {
namespace {

struct Int4Asymmetric {
    using Activations = QuantizedPerGroup;
    static constexpr int kBits = 4;
    static constexpr int64_t kGroupBytes = kColumns * 2 * sizeof(float);  // zero, scale / 16
    static constexpr int64_t kEndBytes = kColumns * sizeof(float);        // bias
    static int64_t group_values(const MatMul& mm) { return mm.group; }

    static void add_group(const int32_t (&sums)[kColumns], const uint8_t* numbers, const GroupQuantization& group,
                          float (&acc)[kColumns]) {
        const auto* zeros = reinterpret_cast<const float*>(numbers);
        const float* scales = zeros + kColumns;
        for (int c = 0; c < kColumns; ++c) {
            acc[c] = fused_multiply_add(zeros[c], group.sum, acc[c]);
            acc[c] = fused_multiply_add(static_cast<float>(16 * sums[c]), scales[c] * group.scale, acc[c]);
        }
    }
    static void finish(const uint8_t*, const GroupQuantization&, float (&)[kColumns]) {}
};

}  // namespace

const KernelCode kInt4AsymmetricPortable = Portable<Int4Asymmetric>::kCode;

}  // namespace ks
