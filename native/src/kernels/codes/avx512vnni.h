// SPDX-License-Identifier: Apache-2.0
// Kernels for weights in codes on AVX-512 with VNNI. A tile is up to 8 rows by 32 columns: at 6 rows its int32 and f32
// accumulators, the packed and the unpacked weights fill the 32 registers. The unsigned operand of vpdpbusd are the
// weights' codes, or, where these are int8, those of the activations plus 128.
#pragma once

#include "cpu.h"
#include "kernels/codes/tiles.h"
#include "kernels/codes/zmm.h"

namespace ks {
namespace {

constexpr int kMaxHeight = 8;
template <int kBits>
constexpr int kQuadBytes = 4;

// What is added to the codes of activations.
template <int kBits>
constexpr int kCodeOffset = kBits == 8 ? 128 : 0;

// 5 and 6 rows are the fastest; where m has no such cut, up to 8.
inline RowTiles row_tiles(int64_t m) {
    const int64_t by_six = (m + 5) / 6;
    return {m, m / by_six >= 5 ? by_six : (m + kMaxHeight - 1) / kMaxHeight};
}

// Sums of 32 bits begin with the start of a group as it is.
inline int32_t start_of_chunk(int32_t start) { return start; }

// ---- Activations

// 8 rows of 8 dwords become 8 columns.
inline void transpose(__m256i rows[8]) {
    __m256i pairs[8];
    __m256i quads[8];
    for (int i = 0; i < 4; ++i) {
        pairs[2 * i] = _mm256_unpacklo_epi32(rows[2 * i], rows[2 * i + 1]);
        pairs[2 * i + 1] = _mm256_unpackhi_epi32(rows[2 * i], rows[2 * i + 1]);
    }
    for (int i = 0; i < 8; i += 4) {
        quads[i] = _mm256_unpacklo_epi64(pairs[i], pairs[i + 2]);
        quads[i + 1] = _mm256_unpackhi_epi64(pairs[i], pairs[i + 2]);
        quads[i + 2] = _mm256_unpacklo_epi64(pairs[i + 1], pairs[i + 3]);
        quads[i + 3] = _mm256_unpackhi_epi64(pairs[i + 1], pairs[i + 3]);
    }
    for (int i = 0; i < 4; ++i) {
        rows[i] = _mm256_permute2x128_si256(quads[i], quads[i + 4], 0x20);
        rows[i + 4] = _mm256_permute2x128_si256(quads[i], quads[i + 4], 0x31);
    }
}

// Sums of the codes of each row.
using RowSums = __m256i;

inline void store_sums(RowSums sums, int32_t (&to)[kMaxHeight]) {
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(to), sums);
}

// One chunk of each row, of which `count` values are there.
template <typename Family, int kHeight>
void pack_chunk(const float* x, int64_t stride, int64_t count, const Quantizer* quantizers, uint8_t* to,
                RowSums& sums) {
    const __m256i ones = _mm256_set1_epi8(1);
    const __m256i offset = _mm256_set1_epi8(static_cast<char>(kCodeOffset<Family::kBits>));
    constexpr __mmask8 kRows = static_cast<__mmask8>((1 << kHeight) - 1);
    __m256i codes[8] = {};
    for (int r = 0; r < kHeight; ++r) {
        codes[r] = quantize_chunk<Family::kRounding>(x + r * stride, count, quantizers[r]);
    }
    transpose(codes);
    for (int t = 0; t < 8; ++t, to += kHeight * kQuadBytes<Family::kBits>) {
        sums = _mm256_dpbusd_epi32(sums, ones, codes[t]);
        _mm256_mask_storeu_epi32(to, kRows, _mm256_xor_si256(codes[t], offset));
    }
}

// ---- Multiplication

template <typename Family, int kHeight>
[[gnu::always_inline]] inline void store(const Tile& tile, int panel, const __m512 (&acc)[kHeight][2],
                                         const uint8_t* panel_end, const uint8_t* lhs_end) {
    float* const y = tile.y + panel * tile.column_step;
    const int64_t columns = tile.columns - panel * tile.column_step;
    const uint8_t* const bias = panel_end + kColumns * Family::kEndBytes - kColumns * sizeof(float);
    const __m512 lo = _mm512_set1_ps(tile.lo);
    const __m512 hi = _mm512_set1_ps(tile.hi);
#pragma GCC unroll 8
    for (int r = 0; r < kHeight; ++r) {
        typename Family::EndRow row;
        __builtin_memcpy(&row, lhs_end + r * kBytes<decltype(row)>, kBytes<decltype(row)>);
#pragma GCC unroll 2
        for (int half = 0; half < 2; ++half) {
            const int column = kLanes * half;
            const __m512 value = _mm512_add_ps(Family::finish(acc[r][half], panel_end, column, row),
                                               load_floats(bias + column * sizeof(float)));
            _mm512_mask_storeu_ps(y + r * tile.y_stride + column, first_lanes(columns - column), clamp(value, lo, hi));
        }
    }
}

// The i-th codes of a dword of each column.
template <int kBits>
[[gnu::always_inline]] inline __m512i unpack(__m512i packed, int i) {
    if constexpr (kBits == 8) {
        return packed;
    } else {
        const __m512i shifted = i == 0 ? packed : _mm512_srli_epi16(packed, static_cast<unsigned>(kBits * i));
        return _mm512_and_si512(shifted, _mm512_set1_epi8((1 << kBits) - 1));
    }
}

template <int kBits>
[[gnu::always_inline]] inline __m512i add_products(__m512i sum, __m512i weights, __m512i x) {
    return kBits == 8 ? _mm512_dpbusd_epi32(sum, x, weights) : _mm512_dpbusd_epi32(sum, weights, x);
}

// From 4 rows on the accumulators of two panels do not fit the registers, which costs less than reading in one place.
constexpr int panels_at_once(int height) { return height == 1 ? 4 : height <= 6 ? 2 : 1; }

// Where vectors are halved it costs more than that from 5 rows on, and two places are better than four.
inline int panels_at_once_here(int height) {
    return !cpu_halves_vectors() ? panels_at_once(height) : height <= 4 ? 2 : 1;
}

template <typename Family, int kHeight, int kPanels, Grouping kGrouping>
[[gnu::always_inline]] inline void multiply_panels(const Tile& tile) {
    using GroupRow = typename Family::GroupRow;
    constexpr int kBits = Family::kBits;
    // Few accumulators get a second set, for every other quad, so that the dot products do not wait for each other.
    constexpr int kSecond = kHeight * kPanels <= 2 ? 1 : 0;
    const int64_t groups = kGrouping == Grouping::kChannel ? 1 : tile.groups;
    const int64_t chunks = kGrouping == Grouping::kChunks ? 1 : tile.chunks;
    const uint8_t* weights = tile.panel;
    const uint8_t* lhs = tile.lhs;
    const uint8_t* next = tile.next;
    __m512 acc[kPanels][kHeight][2];
#pragma GCC unroll 4
    for (int p = 0; p < kPanels; ++p) {
#pragma GCC unroll 8
        for (int r = 0; r < kHeight; ++r) acc[p][r][0] = acc[p][r][1] = _mm512_setzero_ps();
    }

    for (int64_t g = 0; g < groups; ++g) {
        const uint8_t* const group_rows = lhs;
        lhs += kHeight * sizeof(GroupRow);
        __m512i dot[1 + kSecond][kPanels][kHeight][2];
#pragma GCC unroll 4
        for (int p = 0; p < kPanels; ++p) {
#pragma GCC unroll 8
            for (int r = 0; r < kHeight; ++r) {
                dot[kSecond][p][r][0] = dot[kSecond][p][r][1] = _mm512_setzero_si512();
                dot[0][p][r][0] = dot[0][p][r][1] = broadcast(load<GroupRow>(group_rows + r * sizeof(GroupRow)).start);
            }
        }
        for (int64_t c = 0; c < chunks; ++c) {
            if constexpr (kPanels == 1) fetch<Family, kGrouping>(tile, weights, next);
#pragma GCC unroll 4
            for (int p = 0; p < kPanels; ++p) {
                const uint8_t* const panel = weights + p * tile.panel_step;
                if constexpr (kPanels > 1) fetch_chunk<Family, kGrouping>(panel + kFetchDistanceEach);
#pragma GCC unroll 8
                for (int t = 0; t < kBits; ++t) {
                    const __m512i packed[2] = {load_ints(panel + t * 2 * kLine), load_ints(panel + (t * 2 + 1) * kLine)};
#pragma GCC unroll 4
                    for (int i = 0; i < 8 / kBits; ++i) {
                        const int quad = quad_at<Family>(t, i);
                        const int set = (kBits == 8 ? t : i) & kSecond;
                        const __m512i codes[2] = {unpack<kBits>(packed[0], i), unpack<kBits>(packed[1], i)};
#pragma GCC unroll 8
                        for (int r = 0; r < kHeight; ++r) {
                            const __m512i x = broadcast(load<int32_t>(lhs + (quad * kHeight + r) * kQuadBytes<kBits>));
                            dot[set][p][r][0] = add_products<kBits>(dot[set][p][r][0], codes[0], x);
                            dot[set][p][r][1] = add_products<kBits>(dot[set][p][r][1], codes[1], x);
                        }
                    }
                }
            }
            weights += kChunkBytes<Family>;
            lhs += kChunk / 4 * kHeight * kQuadBytes<kBits>;
        }
#pragma GCC unroll 4
        for (int p = 0; p < kPanels; ++p) {
#pragma GCC unroll 2
            for (int half = 0; half < 2; ++half) {
                const auto columns = Family::load_group(weights + p * tile.panel_step, kLanes * half);
#pragma GCC unroll 8
                for (int r = 0; r < kHeight; ++r) {
                    const __m512i sum = kSecond ? _mm512_add_epi32(dot[0][p][r][half], dot[kSecond][p][r][half])
                                                : dot[0][p][r][half];
                    const auto row = load<GroupRow>(group_rows + r * sizeof(GroupRow));
                    acc[p][r][half] = Family::add_group(acc[p][r][half], sum, columns, row);
                }
            }
        }
        weights += kGroupEndBytes<Family>;
    }
#pragma GCC unroll 4
    for (int p = 0; p < kPanels; ++p) store<Family, kHeight>(tile, p, acc[p], weights + p * tile.panel_step, lhs);
}

template <typename Family, int kHeight, Grouping kGrouping>
void multiply_tile(const Tile& tile) {
    constexpr int kMost = panels_at_once(kHeight);
    if (kMost > 2 && tile.panels == kMost) {
        multiply_panels<Family, kHeight, kMost, kGrouping>(tile);
    } else if (kMost > 1 && tile.panels > 1) {
        multiply_panels<Family, kHeight, kMost < 2 ? 1 : 2, kGrouping>(tile);
    } else {
        multiply_panels<Family, kHeight, 1, kGrouping>(tile);
    }
}

}  // namespace
}  // namespace ks
