// SPDX-License-Identifier: Apache-2.0
// f32 on NEON.
#include "kernels/floats/neon.h"

namespace ks {
namespace {

template <>
inline float32x4_t load_weights(const float* weights) {
    return vld1q_f32(weights);
}

}  // namespace

const KernelCode kF32Neon = kCode<float>;

}  // namespace ks
