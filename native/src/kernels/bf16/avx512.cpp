// SPDX-License-Identifier: Apache-2.0
// bf16 on AVX-512.
#include "kernels/floats/avx512.h"

namespace ks {
namespace {

template <>
inline __m512 load_weights(const Bf16* weights) {
    const __m512i bits = _mm512_cvtepu16_epi32(_mm256_load_si256(reinterpret_cast<const __m256i*>(weights)));
    return _mm512_castsi512_ps(_mm512_slli_epi32(bits, 16));
}

// Half of the last place, less a little where the number below is even, and off with the rest.
template <>
inline __m512 round_to<Bf16>(__m512 x) {
    const __m512i bits = _mm512_castps_si512(x);
    const __m512i odd = _mm512_and_si512(_mm512_srli_epi32(bits, 16), _mm512_set1_epi32(1));
    const __m512i sum = _mm512_add_epi32(_mm512_add_epi32(bits, _mm512_set1_epi32(0x7FFF)), odd);
    return _mm512_castsi512_ps(_mm512_and_si512(sum, _mm512_set1_epi32(static_cast<int32_t>(0xFFFF0000))));
}

}  // namespace

const KernelCode kBf16Avx512 = kCode<Bf16>;

}  // namespace ks
