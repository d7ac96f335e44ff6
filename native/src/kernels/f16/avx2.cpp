// SPDX-License-Identifier: Apache-2.0
// f16 on AVX2 with the conversions of F16C.
#include "kernels/floats/avx2.h"

namespace ks {
namespace {

template <>
inline __m256 load_weights(const F16* weights) {
    return _mm256_cvtph_ps(_mm_load_si128(reinterpret_cast<const __m128i*>(weights)));
}

template <>
inline __m256 round_to<F16>(__m256 x) {
    return _mm256_cvtph_ps(_mm256_cvtps_ph(x, _MM_FROUND_TO_NEAREST_INT));
}

}  // namespace

const KernelCode kF16Avx2 = kCode<F16>;

}  // namespace ks
