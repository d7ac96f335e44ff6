// SPDX-License-Identifier: Apache-2.0
// bf16 on AVX2.
#include "kernels/floats/avx2.h"

namespace ks {
namespace {

template <>
inline __m256 load_weights(const Bf16* weights) {
    const __m256i bits = _mm256_cvtepu16_epi32(_mm_load_si128(reinterpret_cast<const __m128i*>(weights)));
    return _mm256_castsi256_ps(_mm256_slli_epi32(bits, 16));
}

// Half of the last place, less a little where the number below is even, and off with the rest.
template <>
inline __m256 round_to<Bf16>(__m256 x) {
    const __m256i bits = _mm256_castps_si256(x);
    const __m256i odd = _mm256_and_si256(_mm256_srli_epi32(bits, 16), _mm256_set1_epi32(1));
    const __m256i sum = _mm256_add_epi32(_mm256_add_epi32(bits, _mm256_set1_epi32(0x7FFF)), odd);
    return _mm256_castsi256_ps(_mm256_and_si256(sum, _mm256_set1_epi32(static_cast<int32_t>(0xFFFF0000))));
}

}  // namespace

const KernelCode kBf16Avx2 = kCode<Bf16>;

}  // namespace ks
