// SPDX-License-Identifier: Apache-2.0
// Kernels for weights in codes on AVX2. vpmaddubsw multiplies codes of 2 or 4 bits by int8 activations and adds pairs;
// over a chunk of 32 values that stays within 16 bits (8 * 2 * 15 * 128 = 30720). Int8 weights could exceed them: these
// and their activations are widened to 16 bits, which vpmaddwd multiplies.
#pragma once

#include "kernels/codes/ymm.h"

namespace ks {
namespace {

// 5 rows of 2 sums, their products, the weights and a value of x fill the 16 registers.
constexpr int kMaxHeight = 5;

// Of int8 the even bytes of a quad come first, widened, then the odd ones.
template <int kBits>
constexpr int kQuadBytes = kBits == 8 ? 8 : 4;

// What is added to the codes of activations.
template <int kBits>
constexpr int kCodeOffset = 0;

// Sets of sums, which a chunk's quads take turns with.
template <int kHeight>
constexpr int kSets = 1;

// The two sums of 16 bits that make a column of a group of one chunk begin with half of the start each. They stay
// within 16 bits: a sum is that of (code - 4) * x over its 16 values less that of 4 * x over the other's, 30720 at
// most.
inline int32_t start_of_chunk(int32_t start) {
    return static_cast<int32_t>((static_cast<uint32_t>(start / 2) & 0xFFFF) * 0x10001u);
}

// Adds the products of a chunk whose codes have 2 or 4 bits.
template <typename Family, int kHeight, int kVectors, Grouping kGrouping>
[[gnu::always_inline]] inline void add_small_products(const uint8_t* weights, const uint8_t* lhs,
                                                      __m256i (&sum)[kHeight][kVectors]) {
    constexpr int kBits = Family::kBits;
    __m256i dot[kHeight][kVectors];
#pragma GCC unroll 6
    for (int r = 0; r < kHeight; ++r) {
#pragma GCC unroll 4
        for (int v = 0; v < kVectors; ++v) {
            dot[r][v] = kGrouping == Grouping::kChunks ? sum[r][v] : _mm256_setzero_si256();
        }
    }
#pragma GCC unroll 4
    for (int t = 0; t < kBits; ++t) {
        __m256i packed[kVectors];
#pragma GCC unroll 4
        for (int v = 0; v < kVectors; ++v) packed[v] = load_ints(weights + t * kColumns * 4 + v * 32);
#pragma GCC unroll 4
        for (int i = 0; i < 8 / kBits; ++i) {
            const uint8_t* const quad = lhs + quad_at<Family>(t, i) * kHeight * kQuadBytes<kBits>;
            __m256i codes[kVectors];
#pragma GCC unroll 4
            for (int v = 0; v < kVectors; ++v) codes[v] = unpack<kBits>(packed[v], i);
#pragma GCC unroll 6
            for (int r = 0; r < kHeight; ++r) {
                const __m256i x = broadcast(load<int32_t>(quad + 4 * r));
#pragma GCC unroll 4
                for (int v = 0; v < kVectors; ++v) {
                    dot[r][v] = _mm256_add_epi16(dot[r][v], _mm256_maddubs_epi16(codes[v], x));
                    keep_order(dot[r][v]);
                }
            }
        }
    }
#pragma GCC unroll 6
    for (int r = 0; r < kHeight; ++r) {
#pragma GCC unroll 4
        for (int v = 0; v < kVectors; ++v) {
            const __m256i wide = _mm256_madd_epi16(dot[r][v], _mm256_set1_epi16(1));
            sum[r][v] = kGrouping == Grouping::kChunks ? wide : _mm256_add_epi32(sum[r][v], wide);
        }
    }
}

// Adds the products of a chunk of int8 weights.
template <typename Family, int kHeight, int kVectors>
[[gnu::always_inline]] inline void add_int8_products(const uint8_t* weights, const uint8_t* lhs,
                                                     __m256i (&sum)[kHeight][kVectors]) {
#pragma GCC unroll 8
    for (int t = 0; t < kChunk / 4; ++t, weights += kColumns * 4, lhs += kHeight * kQuadBytes<8>) {
#pragma GCC unroll 2
        for (int odd = 0; odd < 2; ++odd) {
            __m256i wide[kVectors];
#pragma GCC unroll 4
            for (int v = 0; v < kVectors; ++v) {
                const __m256i bytes = load_ints(weights + v * 32);
                wide[v] = odd ? widen_odd_bytes(bytes) : widen_even_bytes(bytes);
            }
#pragma GCC unroll 6
            for (int r = 0; r < kHeight; ++r) {
                const __m256i x = broadcast(load<int32_t>(lhs + 4 * (odd * kHeight + r)));
#pragma GCC unroll 4
                for (int v = 0; v < kVectors; ++v) {
                    sum[r][v] = _mm256_add_epi32(sum[r][v], _mm256_madd_epi16(wide[v], x));
                    keep_order(sum[r][v]);
                }
            }
        }
    }
}

// Adds the products of a chunk.
template <typename Family, int kHeight, int kVectors, Grouping kGrouping>
[[gnu::always_inline]] inline void add_chunk(const uint8_t* weights, const uint8_t* lhs,
                                             __m256i (&sum)[1][kHeight][kVectors]) {
    if constexpr (Family::kBits == 8) {
        add_int8_products<Family>(weights, lhs, sum[0]);
    } else {
        add_small_products<Family, kHeight, kVectors, kGrouping>(weights, lhs, sum[0]);
    }
}

}  // namespace
}  // namespace ks

#include "kernels/codes/ymm_tiles.h"
