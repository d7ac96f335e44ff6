// SPDX-License-Identifier: Apache-2.0
// Kernels for weights in codes on Armv8.0 NEON, without dot products. A tile is up to 4 rows by 8 columns, or one row
// by a panel. Products of codes of 2 or 4 bits are added up in 16 bits over a chunk of 32 values, 8 to a lane, of at
// most 15 * 128 each; two products of int8 weights could already exceed them.
#pragma once

#include <arm_neon.h>

#include "kernels/codes/tiles.h"
#include "kernels/neon.h"

namespace ks {
namespace {

constexpr int kMaxHeight = 4;

template <int kBits>
constexpr int kQuadBytes = 4;

// What is added to the codes of activations.
template <int kBits>
constexpr int kCodeOffset = 0;

inline RowTiles row_tiles(int64_t m) { return {m, (m + kMaxHeight - 1) / kMaxHeight}; }

// Sums of 32 bits begin with the start of a group as it is.
inline int32_t start_of_chunk(int32_t start) { return start; }

// ---- Vectors of columns, for the families

using Floats = float32x4_t;
using Ints = int32x4_t;
constexpr int kLanes = 4;
constexpr int kPanelVectors = kColumns / kLanes;

inline Floats broadcast(float value) { return vdupq_n_f32(value); }
inline Ints broadcast(int32_t value) { return vdupq_n_s32(value); }
inline Floats load_floats(const uint8_t* from) { return vreinterpretq_f32_u8(vld1q_u8(from)); }
inline Ints load_ints(const uint8_t* from) { return vreinterpretq_s32_u8(vld1q_u8(from)); }
inline Floats load_f16(const uint8_t* from) { return vcvt_f32_f16(vreinterpret_f16_u8(vld1_u8(from))); }
inline Floats load_bf16(const uint8_t* from) {
    return vreinterpretq_f32_u32(vshll_n_u16(vreinterpret_u16_u8(vld1_u8(from)), 16));
}
inline Floats to_floats(Ints value) { return vcvtq_f32_s32(value); }
inline Floats multiply(Floats a, Floats b) { return vmulq_f32(a, b); }
inline Floats multiply_add(Floats a, Floats b, Floats c) { return vfmaq_f32(c, a, b); }
inline Ints multiply(Ints a, Ints b) { return vmulq_s32(a, b); }
inline Ints subtract(Ints a, Ints b) { return vsubq_s32(a, b); }
template <int kBitCount>
Ints shift_left(Ints value) {
    return vshlq_n_s32(value, kBitCount);
}

// ---- Activations

// Unlike vminnmq_f32 and vmaxnmq_f32 these instructions keep a NaN.
inline Extremes extremes(const float* x, int64_t count) {
    float32x4_t lo[2] = {vdupq_n_f32(0), vdupq_n_f32(0)};
    float32x4_t hi[2] = {vdupq_n_f32(0), vdupq_n_f32(0)};
    for (int64_t i = 0; i < count; i += 8) {
        for (int j = 0; j < 2; ++j) {
            const float32x4_t values = load_first(x + i + 4 * j, count - i - 4 * j);
            lo[j] = vminq_f32(lo[j], values);
            hi[j] = vmaxq_f32(hi[j], values);
        }
    }
    const float low = vminvq_f32(vminq_f32(lo[0], lo[1]));
    return {low, vmaxvq_f32(vmaxq_f32(hi[0], hi[1])), is_nan(low)};
}

// 16 codes, of which `count` are there.
template <Rounding kRounding>
int8x16_t quantize(const float* x, int64_t count, const Quantizer& quantizer) {
    const int16x8_t zero_point = vdupq_n_s16(static_cast<int16_t>(quantizer.zero_point));
    int16x8_t half[2];
    for (int i = 0; i < 2; ++i) {
        int32x4_t rounded[2];
        for (int j = 0; j < 2; ++j) {
            const int at = 8 * i + 4 * j;
            const float32x4_t scaled = vmulq_n_f32(load_first(x + at, count - at), quantizer.multiplier);
            rounded[j] = kRounding == Rounding::kHalfAway ? vcvtaq_s32_f32(scaled) : vcvtnq_s32_f32(scaled);
        }
        half[i] = vaddq_s16(vcombine_s16(vqmovn_s32(rounded[0]), vqmovn_s32(rounded[1])), zero_point);
    }
    return vcombine_s8(vqmovn_s16(half[0]), vqmovn_s16(half[1]));
}

// Sums of the codes of each row.
struct RowSums {
    int32x4_t of_row[kMaxHeight];
};

inline void store_sums(const RowSums& sums, int32_t (&to)[kMaxHeight]) {
    for (int r = 0; r < kMaxHeight; ++r) to[r] = vaddvq_s32(sums.of_row[r]);
}

// 16 codes of each row, by fours row after row.
template <int kHeight>
void store_quads(const int8x16_t (&codes)[kMaxHeight], uint8_t* to) {
    auto* quads = reinterpret_cast<int32_t*>(to);
    int32x4_t rows[kMaxHeight];
    for (int r = 0; r < kMaxHeight; ++r) rows[r] = vreinterpretq_s32_s8(codes[r]);
    // In parentheses, because the functions are macros in Clang's arm_neon.h.
    if constexpr (kHeight == 1) vst1q_s32(quads, rows[0]);
    if constexpr (kHeight == 2) vst2q_s32(quads, (int32x4x2_t{{rows[0], rows[1]}}));
    if constexpr (kHeight == 3) vst3q_s32(quads, (int32x4x3_t{{rows[0], rows[1], rows[2]}}));
    if constexpr (kHeight == 4) vst4q_s32(quads, (int32x4x4_t{{rows[0], rows[1], rows[2], rows[3]}}));
}

// One chunk of each row, of which `count` values are there.
template <typename Family, int kHeight>
void pack_chunk(const float* x, int64_t stride, int64_t count, const Quantizer* quantizers, uint8_t* to,
                RowSums& sums) {
    for (int half = 0; half < 2; ++half) {
        int8x16_t codes[kMaxHeight] = {};
        for (int r = 0; r < kHeight; ++r) {
            codes[r] = quantize<Family::kRounding>(x + r * stride + 16 * half, count - 16 * half, quantizers[r]);
            sums.of_row[r] = vpadalq_s16(sums.of_row[r], vpaddlq_s8(codes[r]));
        }
        store_quads<kHeight>(codes, to + half * 4 * kHeight * kQuadBytes<Family::kBits>);
    }
}

// ---- Multiplication

// Products over a chunk of 4 columns with one row, not yet added across: those of the first 2 and of the last 2.
template <int kBits>
struct Products {
    int16x8_t halves[2] = {vdupq_n_s16(0), vdupq_n_s16(0)};

    void add(int8x16_t weights, int8x16_t x) {
        halves[0] = vmlal_s8(halves[0], vget_low_s8(weights), vget_low_s8(x));
        halves[1] = vmlal_high_s8(halves[1], weights, x);
    }
    Ints total() const { return vpaddq_s32(vpaddlq_s16(halves[0]), vpaddlq_s16(halves[1])); }
};

template <>
struct Products<8> {
    Ints halves[2] = {vdupq_n_s32(0), vdupq_n_s32(0)};

    void add(int8x16_t weights, int8x16_t x) {
        halves[0] = vpadalq_s16(halves[0], vmull_s8(vget_low_s8(weights), vget_low_s8(x)));
        halves[1] = vpadalq_s16(halves[1], vmull_high_s8(weights, x));
    }
    Ints total() const { return vpaddq_s32(halves[0], halves[1]); }
};

// The i-th code of each byte.
template <int kBits>
int8x16_t unpack(uint8x16_t packed, int i) {
    if constexpr (kBits == 8) return vreinterpretq_s8_u8(packed);
    const uint8x16_t shifted = packed >> static_cast<uint8_t>(kBits * i);
    return vreinterpretq_s8_u8(kBits * (i + 1) == 8 ? shifted : vandq_u8(shifted, vdupq_n_u8((1 << kBits) - 1)));
}

// Adds the products of a chunk.
template <typename Family, int kHeight, int kVectors>
[[gnu::always_inline]] inline void add_products(const uint8_t* weights, const uint8_t* lhs,
                                                Ints (&sum)[kHeight][kVectors]) {
    constexpr int kBits = Family::kBits;
    Products<kBits> products[kHeight][kVectors];
#pragma GCC unroll 8
    for (int t = 0; t < kBits; ++t) {
#pragma GCC unroll 4
        for (int v = 0; v < kVectors; ++v) {
            const uint8x16_t packed = vld1q_u8(weights + (t * kPanelVectors + v) * 16);
#pragma GCC unroll 4
            for (int i = 0; i < 8 / kBits; ++i) {
                const int8x16_t codes = unpack<kBits>(packed, i);
                const auto* quad = reinterpret_cast<const int32_t*>(lhs) + quad_at<Family>(t, i) * kHeight;
#pragma GCC unroll 4
                for (int r = 0; r < kHeight; ++r) {
                    products[r][v].add(codes, vreinterpretq_s8_s32(vld1q_dup_s32(quad + r)));
                }
            }
        }
    }
#pragma GCC unroll 4
    for (int r = 0; r < kHeight; ++r) {
#pragma GCC unroll 4
        for (int v = 0; v < kVectors; ++v) sum[r][v] = vaddq_s32(sum[r][v], products[r][v].total());
    }
}

// `vector` counts the panel's columns by 4. A NaN passes through the bounds; arithmetic here makes the quiet one alone.
template <typename Family, int kHeight, int kVectors>
[[gnu::always_inline]] inline void store(const Tile& tile, int vector, const Floats (&acc)[kHeight][kVectors],
                                         const uint8_t* panel_end, const uint8_t* lhs_end) {
    using EndRow = typename Family::EndRow;
    const uint8_t* const bias = panel_end + kColumns * Family::kEndBytes - kColumns * sizeof(float);
    const Floats lo = broadcast(tile.lo);
    const Floats hi = broadcast(tile.hi);
#pragma GCC unroll 4
    for (int r = 0; r < kHeight; ++r) {
        EndRow row;
        __builtin_memcpy(&row, lhs_end + r * kBytes<EndRow>, kBytes<EndRow>);
#pragma GCC unroll 4
        for (int v = 0; v < kVectors; ++v) {
            const int column = kLanes * (vector + v);
            const Floats value = vaddq_f32(Family::finish(acc[r][v], panel_end, column, row),
                                           load_floats(bias + column * sizeof(float)));
            store_first(tile.y + r * tile.y_stride + column, tile.columns - column,
                        vminq_f32(vmaxq_f32(value, lo), hi));
        }
    }
}

template <typename Family, int kHeight, int kVectors, Grouping kGrouping>
[[gnu::always_inline]] inline void multiply_part(const Tile& tile, int vector) {
    using GroupRow = typename Family::GroupRow;
    const int64_t groups = kGrouping == Grouping::kChannel ? 1 : tile.groups;
    const int64_t chunks = kGrouping == Grouping::kChunks ? 1 : tile.chunks;
    const uint8_t* weights = tile.panel;
    const uint8_t* lhs = tile.lhs;
    Floats acc[kHeight][kVectors];
#pragma GCC unroll 4
    for (int r = 0; r < kHeight; ++r) {
#pragma GCC unroll 4
        for (int v = 0; v < kVectors; ++v) acc[r][v] = broadcast(0.0f);
    }

    for (int64_t g = 0; g < groups; ++g) {
        const uint8_t* const group_rows = lhs;
        lhs += kHeight * sizeof(GroupRow);
        Ints sum[kHeight][kVectors];
#pragma GCC unroll 4
        for (int r = 0; r < kHeight; ++r) {
            const Ints start = broadcast(load<GroupRow>(group_rows + r * sizeof(GroupRow)).start);
#pragma GCC unroll 4
            for (int v = 0; v < kVectors; ++v) sum[r][v] = start;
        }
        for (int64_t c = 0; c < chunks; ++c) {
            add_products<Family>(weights + vector * 16, lhs, sum);
            weights += kChunkBytes<Family>;
            lhs += kChunk / 4 * kHeight * kQuadBytes<Family::kBits>;
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

template <typename Family, int kHeight, Grouping kGrouping>
void multiply_tile(const Tile& tile) {
    constexpr int kVectors = kHeight == 1 ? kPanelVectors : 2;
    for (int vector = 0; vector < kPanelVectors && kLanes * vector < tile.columns; vector += kVectors) {
        multiply_part<Family, kHeight, kVectors, kGrouping>(tile, vector);
    }
}

}  // namespace
}  // namespace ks
