// SPDX-License-Identifier: Apache-2.0
// Kernels for weights in codes on AVX-VNNI, which has vpdpbusd for vectors of 256 bits. Its unsigned operand are the
// weights' codes, or, where these are int8, those of the activations plus 128.
#pragma once

#include "kernels/codes/ymm.h"

namespace ks {
namespace {

// 6 rows of 2 sums, the weights, a value of x and a mask fill the 16 registers.
constexpr int kMaxHeight = 6;

template <int kBits>
constexpr int kQuadBytes = 4;

// What is added to the codes of activations.
template <int kBits>
constexpr int kCodeOffset = kBits == 8 ? 128 : 0;

// 1 and 3 rows have too few sums: a second set, for every other quad, keeps the dot products from waiting.
template <int kHeight>
constexpr int kSets = kHeight == 1 || kHeight == 3 ? 2 : 1;

// Sums of 32 bits begin with the start of a group as it is.
inline int32_t start_of_chunk(int32_t start) { return start; }

template <int kBits>
[[gnu::always_inline]] inline void add_products(__m256i& sum, __m256i weights, __m256i x) {
    sum = kBits == 8 ? _mm256_dpbusd_avx_epi32(sum, x, weights) : _mm256_dpbusd_avx_epi32(sum, weights, x);
    keep_order(sum);
}

// Adds the products of a chunk.
template <typename Family, int kHeight, int kVectors, Grouping kGrouping>
[[gnu::always_inline]] inline void add_chunk(const uint8_t* weights, const uint8_t* lhs,
                                             __m256i (&sum)[kSets<kHeight>][kHeight][kVectors]) {
    constexpr int kBits = Family::kBits;
#pragma GCC unroll 8
    for (int t = 0; t < kBits; ++t) {
        __m256i packed[kVectors];
#pragma GCC unroll 4
        for (int v = 0; v < kVectors; ++v) packed[v] = load_ints(weights + t * kColumns * 4 + v * 32);
#pragma GCC unroll 4
        for (int i = 0; i < 8 / kBits; ++i) {
            const uint8_t* const quad = lhs + quad_at<Family>(t, i) * kHeight * kQuadBytes<kBits>;
            const int set = (kBits == 8 ? t : i) % kSets<kHeight>;
            __m256i codes[kVectors];
#pragma GCC unroll 4
            for (int v = 0; v < kVectors; ++v) codes[v] = unpack<kBits>(packed[v], i);
#pragma GCC unroll 6
            for (int r = 0; r < kHeight; ++r) {
                const __m256i x = broadcast(load<int32_t>(quad + 4 * r));
#pragma GCC unroll 4
                for (int v = 0; v < kVectors; ++v) add_products<kBits>(sum[set][r][v], codes[v], x);
            }
        }
    }
}

}  // namespace
}  // namespace ks

#include "kernels/codes/ymm_tiles.h"
