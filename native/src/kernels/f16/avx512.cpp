// SPDX-License-Identifier: Apache-2.0
// f16 on AVX-512.
#include "kernels/floats/avx512.h"

namespace ks {
namespace {

template <>
inline __m512 load_weights(const F16* weights) {
    return _mm512_cvtph_ps(_mm256_load_si256(reinterpret_cast<const __m256i*>(weights)));
}

template <>
inline __m512 round_to<F16>(__m512 x) {
    return _mm512_cvtph_ps(_mm512_cvtps_ph(x, _MM_FROUND_TO_NEAREST_INT));
}

}  // namespace

const KernelCode kF16Avx512 = kCode<F16>;

}  // namespace ks
