// SPDX-License-Identifier: Apache-2.0
// Q4_0 in plain C++. Reads KS_LAYOUT_Q4_0_N32K4.
#include "kernels/portable.h"

#include "kernels/kernels.h"

namespace ks {
namespace {

struct Q4 {
    using Activations = QuantizedPerBlock;
    static constexpr int kBits = 4;
    static constexpr int64_t kGroupBytes = kColumns * sizeof(uint16_t);  // f16 scale
    static constexpr int64_t kEndBytes = kColumns * sizeof(float);       // bias
    static int64_t group_values(const MatMul&) { return 32; }

    static void add_group(const int32_t (&sums)[kColumns], const uint8_t* numbers, float scale,
                          float (&acc)[kColumns]) {
        const auto* scales = reinterpret_cast<const uint16_t*>(numbers);
        for (int c = 0; c < kColumns; ++c) {
            acc[c] = fused_multiply_add(static_cast<float>(sums[c]), scale * f16_to_float(scales[c]), acc[c]);
        }
    }
    static void finish(const uint8_t*, float, float (&)[kColumns]) {}
};

}  // namespace

const KernelCode kQ4Portable = Portable<Q4>::kCode;

}  // namespace ks
