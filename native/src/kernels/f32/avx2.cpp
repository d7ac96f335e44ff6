// SPDX-License-Identifier: Apache-2.0
// f32 on AVX2.
#include "kernels/floats/avx2.h"

namespace ks {
namespace {

template <>
inline __m256 load_weights(const float* weights) {
    return _mm256_load_ps(weights);
}

}  // namespace

const KernelCode kF32Avx2 = kCode<float>;

}  // namespace ks
