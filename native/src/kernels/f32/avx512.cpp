// SPDX-License-Identifier: Apache-2.0
// f32 on AVX-512.
#include "kernels/floats/avx512.h"

namespace ks {
namespace {

template <>
inline __m512 load_weights(const float* weights) {
    return _mm512_load_ps(weights);
}

}  // namespace

const KernelCode kF32Avx512 = kCode<float>;

}  // namespace ks
