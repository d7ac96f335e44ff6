// SPDX-License-Identifier: Apache-2.0
// Kernels for weights in codes on AVX2. A tile is up to 4 rows by 16 columns, or one row by 32. vpmaddubsw multiplies
// codes of 2 or 4 bits by int8 activations and adds pairs; over a chunk of 32 values that stays within 16 bits (8 * 2 *
// 15 * 128 = 30720). Int8 weights could exceed them: these and their activations are widened to 16 bits, which
// vpmaddwd multiplies.
#pragma once

#include "kernels/avx2.h"
#include "kernels/codes/tiles.h"

namespace ks {
namespace {

constexpr int kMaxHeight = 4;

// Of int8 the even bytes of a quad come first, widened, then the odd ones.
template <int kBits>
constexpr int kQuadBytes = kBits == 8 ? 8 : 4;

// What is added to the codes of activations.
template <int kBits>
constexpr int kCodeOffset = 0;

inline RowTiles row_tiles(int64_t m) { return {m, (m + kMaxHeight - 1) / kMaxHeight}; }

// ---- Vectors of columns, for the families

using Floats = __m256;
using Ints = __m256i;
constexpr int kLanes = 8;
constexpr int kPanelVectors = kColumns / kLanes;

inline Floats broadcast(float value) { return _mm256_set1_ps(value); }
inline Ints broadcast(int32_t value) { return _mm256_set1_epi32(value); }
inline Floats load_floats(const uint8_t* from) { return _mm256_load_ps(reinterpret_cast<const float*>(from)); }
inline Ints load_ints(const uint8_t* from) { return _mm256_load_si256(reinterpret_cast<const __m256i*>(from)); }
inline __m128i load_halves(const uint8_t* from) { return _mm_load_si128(reinterpret_cast<const __m128i*>(from)); }
#if defined(__F16C__)
inline Floats load_f16(const uint8_t* from) { return _mm256_cvtph_ps(load_halves(from)); }
#endif
inline Floats load_bf16(const uint8_t* from) {
    return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_cvtepu16_epi32(load_halves(from)), 16));
}
inline Floats to_floats(Ints value) { return _mm256_cvtepi32_ps(value); }
inline Floats multiply(Floats a, Floats b) { return _mm256_mul_ps(a, b); }
inline Floats multiply_add(Floats a, Floats b, Floats c) { return _mm256_fmadd_ps(a, b, c); }
inline Ints multiply(Ints a, Ints b) { return _mm256_mullo_epi32(a, b); }
inline Ints subtract(Ints a, Ints b) { return _mm256_sub_epi32(a, b); }
template <int kBitCount>
Ints shift_left(Ints value) {
    return _mm256_slli_epi32(value, kBitCount);
}

// ---- Activations

// The first `count` of 8 values, zeros after them.
inline __m256 load_first(const float* from, int64_t count) {
    return count >= kLanes ? _mm256_loadu_ps(from) : _mm256_maskload_ps(from, first_lanes(count));
}

inline Extremes extremes(const float* x, int64_t count) {
    __m256 lo[2] = {_mm256_setzero_ps(), _mm256_setzero_ps()};
    __m256 hi[2] = {_mm256_setzero_ps(), _mm256_setzero_ps()};
    __m256 nan = _mm256_setzero_ps();
    for (int64_t i = 0; i < count; i += 16) {
        const __m256 a = load_first(x + i, count - i);
        const __m256 b = load_first(x + i + 8, count - i - 8);
        lo[0] = _mm256_min_ps(lo[0], a);
        hi[0] = _mm256_max_ps(hi[0], a);
        lo[1] = _mm256_min_ps(lo[1], b);
        hi[1] = _mm256_max_ps(hi[1], b);
        nan = _mm256_or_ps(nan, _mm256_cmp_ps(a, b, _CMP_UNORD_Q));
    }
    const __m256 lows = _mm256_min_ps(lo[0], lo[1]);
    const __m256 highs = _mm256_max_ps(hi[0], hi[1]);
    __m128 low = _mm_min_ps(_mm256_castps256_ps128(lows), _mm256_extractf128_ps(lows, 1));
    __m128 high = _mm_max_ps(_mm256_castps256_ps128(highs), _mm256_extractf128_ps(highs, 1));
    low = _mm_min_ps(low, _mm_movehl_ps(low, low));
    high = _mm_max_ps(high, _mm_movehl_ps(high, high));
    low = _mm_min_ss(low, _mm_movehdup_ps(low));
    high = _mm_max_ss(high, _mm_movehdup_ps(high));
    return {_mm_cvtss_f32(low), _mm_cvtss_f32(high), _mm256_movemask_ps(nan) != 0};
}

// Adding the float below 0.5 and truncating rounds halves away from zero, also just below a half.
inline __m256i round_half_away(__m256 value) {
    const __m256 sign = _mm256_and_ps(value, _mm256_set1_ps(-0.0f));
    return _mm256_cvttps_epi32(_mm256_add_ps(value, _mm256_or_ps(sign, _mm256_set1_ps(0x1.fffffep-2f))));
}

// 8 codes, not clamped.
template <Rounding kRounding>
__m256i quantize(__m256 x, const Quantizer& quantizer) {
    const __m256 scaled = _mm256_mul_ps(x, _mm256_set1_ps(quantizer.multiplier));
    const __m256i rounded = kRounding == Rounding::kHalfAway ? round_half_away(scaled) : _mm256_cvtps_epi32(scaled);
    return _mm256_add_epi32(rounded, _mm256_set1_epi32(quantizer.zero_point));
}

// 32 codes, of which `count` are there.
template <Rounding kRounding>
__m256i quantize_chunk(const float* x, int64_t count, const Quantizer& quantizer) {
    __m256i codes[4];
    for (int i = 0; i < 4; ++i) codes[i] = quantize<kRounding>(load_first(x + 8 * i, count - 8 * i), quantizer);
    const __m256i clamped =
        _mm256_packs_epi16(_mm256_packs_epi32(codes[0], codes[1]), _mm256_packs_epi32(codes[2], codes[3]));
    return _mm256_permutevar8x32_epi32(clamped, _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7));
}

// Sums of the codes of each row, of the first and of the second halves of chunks.
using RowSums = __m256i;

inline void store_sums(RowSums sums, int32_t (&to)[kMaxHeight]) {
    const __m128i total = _mm_add_epi32(_mm256_castsi256_si128(sums), _mm256_extracti128_si256(sums, 1));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(to), total);
}

inline __m256i widen_even_bytes(__m256i bytes) { return _mm256_srai_epi16(_mm256_slli_epi16(bytes, 8), 8); }
inline __m256i widen_odd_bytes(__m256i bytes) { return _mm256_srai_epi16(bytes, 8); }

// One chunk of each row, of which `count` values are there.
template <typename Family, int kHeight>
void pack_chunk(const float* x, int64_t stride, int64_t count, const Quantizer* quantizers, uint8_t* to,
                RowSums& sums) {
    constexpr int kQuad = kHeight * kQuadBytes<Family::kBits>;
    constexpr int kDwords = kHeight * 4;
    __m256i codes[4] = {};
    for (int r = 0; r < kHeight; ++r) {
        codes[r] = quantize_chunk<Family::kRounding>(x + r * stride, count, quantizers[r]);
    }
    // Transposes 4 rows of 4 dwords in each half.
    const __m256i pairs[4] = {_mm256_unpacklo_epi32(codes[0], codes[1]), _mm256_unpackhi_epi32(codes[0], codes[1]),
                              _mm256_unpacklo_epi32(codes[2], codes[3]), _mm256_unpackhi_epi32(codes[2], codes[3])};
    const __m256i quads[4] = {_mm256_unpacklo_epi64(pairs[0], pairs[2]), _mm256_unpackhi_epi64(pairs[0], pairs[2]),
                              _mm256_unpacklo_epi64(pairs[1], pairs[3]), _mm256_unpackhi_epi64(pairs[1], pairs[3])};
    const auto store_quad = [&](int t, __m256i quad) {
        const __m128i halves[2] = {_mm256_castsi256_si128(quad), _mm256_extracti128_si256(quad, 1)};
        __builtin_memcpy(to + t * kQuad, &halves[0], kDwords);
        __builtin_memcpy(to + (t + 4) * kQuad, &halves[1], kDwords);
    };
    const __m256i ones = _mm256_set1_epi8(1);
    for (int t = 0; t < 4; ++t) {
        const __m256i sums_of_pairs = _mm256_maddubs_epi16(ones, quads[t]);
        sums = _mm256_add_epi32(sums, _mm256_madd_epi16(sums_of_pairs, _mm256_set1_epi16(1)));
        if constexpr (Family::kBits == 8) {
            store_quad(t, widen_even_bytes(quads[t]));
            to += kDwords;
            store_quad(t, widen_odd_bytes(quads[t]));
            to -= kDwords;
        } else {
            store_quad(t, quads[t]);
        }
    }
}

// ---- Multiplication

// `vector` counts the panel's columns by 8.
template <typename Family, int kHeight, int kVectors>
[[gnu::always_inline]] inline void store(const Tile& tile, int vector, const __m256 (&acc)[kHeight][kVectors],
                                         const uint8_t* panel_end, const uint8_t* lhs_end) {
    using EndRow = typename Family::EndRow;
    const uint8_t* const bias = panel_end + kColumns * Family::kEndBytes - kColumns * sizeof(float);
    const __m256 lo = _mm256_set1_ps(tile.lo);
    const __m256 hi = _mm256_set1_ps(tile.hi);
#pragma GCC unroll 4
    for (int r = 0; r < kHeight; ++r) {
        EndRow row;
        __builtin_memcpy(&row, lhs_end + r * kBytes<EndRow>, kBytes<EndRow>);
#pragma GCC unroll 4
        for (int v = 0; v < kVectors; ++v) {
            const int column = kLanes * (vector + v);
            const __m256 value = _mm256_add_ps(Family::finish(acc[r][v], panel_end, column, row),
                                               load_floats(bias + column * sizeof(float)));
            store_first(tile.y + r * tile.y_stride + column, tile.columns - column, clamp(value, lo, hi));
        }
    }
}

// Adds the products of a chunk whose codes have 2 or 4 bits.
template <typename Family, int kHeight, int kVectors>
[[gnu::always_inline]] inline void add_small_products(const uint8_t* weights, const uint8_t* lhs,
                                                      __m256i (&sum)[kHeight][kVectors]) {
    constexpr int kBits = Family::kBits;
    const __m256i mask = _mm256_set1_epi8((1 << kBits) - 1);
    const __m256i ones = _mm256_set1_epi16(1);
    __m256i dot[kHeight][kVectors] = {};
    // Unrolled, GCC would add the products pairwise and run out of registers.
#pragma GCC unroll 1
    for (int t = 0; t < kBits; ++t) {
        __m256i packed[kVectors];
#pragma GCC unroll 4
        for (int v = 0; v < kVectors; ++v) packed[v] = load_ints(weights + t * kColumns * 4 + v * 32);
#pragma GCC unroll 4
        for (int i = 0; i < 8 / kBits; ++i) {
            const uint8_t* const quad = lhs + quad_at<Family>(t, i) * kHeight * kQuadBytes<kBits>;
            __m256i codes[kVectors];
#pragma GCC unroll 4
            for (int v = 0; v < kVectors; ++v) {
                codes[v] = _mm256_and_si256(i == 0 ? packed[v] : _mm256_srli_epi16(packed[v], kBits * i), mask);
            }
#pragma GCC unroll 4
            for (int r = 0; r < kHeight; ++r) {
                const __m256i x = broadcast(load<int32_t>(quad + 4 * r));
#pragma GCC unroll 4
                for (int v = 0; v < kVectors; ++v) {
                    dot[r][v] = _mm256_add_epi16(dot[r][v], _mm256_maddubs_epi16(codes[v], x));
                }
            }
        }
    }
#pragma GCC unroll 4
    for (int r = 0; r < kHeight; ++r) {
#pragma GCC unroll 4
        for (int v = 0; v < kVectors; ++v) {
            sum[r][v] = _mm256_add_epi32(sum[r][v], _mm256_madd_epi16(dot[r][v], ones));
        }
    }
}

// Adds the products of a chunk of int8 weights.
template <typename Family, int kHeight, int kVectors>
[[gnu::always_inline]] inline void add_int8_products(const uint8_t* weights, const uint8_t* lhs,
                                                     __m256i (&sum)[kHeight][kVectors]) {
#pragma GCC unroll 1
    for (int t = 0; t < kChunk / 4; ++t, weights += kColumns * 4, lhs += kHeight * kQuadBytes<8>) {
#pragma GCC unroll 2
        for (int odd = 0; odd < 2; ++odd) {
            __m256i wide[kVectors];
#pragma GCC unroll 4
            for (int v = 0; v < kVectors; ++v) {
                const __m256i bytes = load_ints(weights + v * 32);
                wide[v] = odd ? widen_odd_bytes(bytes) : widen_even_bytes(bytes);
            }
#pragma GCC unroll 4
            for (int r = 0; r < kHeight; ++r) {
                const __m256i x = broadcast(load<int32_t>(lhs + 4 * (odd * kHeight + r)));
#pragma GCC unroll 4
                for (int v = 0; v < kVectors; ++v) {
                    sum[r][v] = _mm256_add_epi32(sum[r][v], _mm256_madd_epi16(wide[v], x));
                }
            }
        }
    }
}

template <typename Family, int kHeight, int kVectors, Grouping kGrouping>
[[gnu::always_inline]] inline void multiply_part(const Tile& tile, int vector) {
    using GroupRow = typename Family::GroupRow;
    constexpr int kBits = Family::kBits;
    const int64_t groups = kGrouping == Grouping::kChannel ? 1 : tile.groups;
    const int64_t chunks = kGrouping == Grouping::kChunks ? 1 : tile.chunks;
    const uint8_t* weights = tile.panel;
    const uint8_t* lhs = tile.lhs;
    const uint8_t* next = tile.next;
    __m256 acc[kHeight][kVectors];
#pragma GCC unroll 4
    for (int r = 0; r < kHeight; ++r) {
#pragma GCC unroll 4
        for (int v = 0; v < kVectors; ++v) acc[r][v] = _mm256_setzero_ps();
    }

    for (int64_t g = 0; g < groups; ++g) {
        const uint8_t* const group_rows = lhs;
        lhs += kHeight * sizeof(GroupRow);
        __m256i sum[kHeight][kVectors];
#pragma GCC unroll 4
        for (int r = 0; r < kHeight; ++r) {
            const __m256i start = broadcast(load<GroupRow>(group_rows + r * sizeof(GroupRow)).start);
#pragma GCC unroll 4
            for (int v = 0; v < kVectors; ++v) sum[r][v] = start;
        }
        for (int64_t c = 0; c < chunks; ++c) {
            if (vector == 0) fetch<Family, kGrouping>(tile, weights, next);
            if constexpr (kBits == 8) {
                add_int8_products<Family>(weights + vector * 32, lhs, sum);
            } else {
                add_small_products<Family>(weights + vector * 32, lhs, sum);
            }
            weights += kChunkBytes<Family>;
            lhs += kChunk / 4 * kHeight * kQuadBytes<kBits>;
        }
#pragma GCC unroll 4
        for (int v = 0; v < kVectors; ++v) {
            const auto columns = Family::load_group(weights, kLanes * (vector + v));
#pragma GCC unroll 4
            for (int r = 0; r < kHeight; ++r) {
                const auto row = load<GroupRow>(group_rows + r * sizeof(GroupRow));
                acc[r][v] = Family::add_group(acc[r][v], sum[r][v], columns, row);
            }
        }
        weights += kGroupEndBytes<Family>;
    }
    store<Family>(tile, vector, acc, weights, lhs);
}

constexpr int panels_at_once(int) { return 1; }

template <typename Family, int kHeight, Grouping kGrouping>
void multiply_tile(const Tile& tile) {
    constexpr int kVectors = kHeight == 1 ? kPanelVectors : 2;
    for (int vector = 0; vector < kPanelVectors; vector += kVectors) {
        multiply_part<Family, kHeight, kVectors, kGrouping>(tile, vector);
    }
}

}  // namespace
}  // namespace ks
