// SPDX-License-Identifier: Apache-2.0
// Kernels for weights in codes on Armv8.0 NEON, without dot products. A tile is up to 4 rows by 8 columns, which are
// unpacked once for all of them, or one row by a panel, for which the quads of the row stay in registers.
#pragma once

#include <arm_neon.h>

#include "kernels/codes/neon_products.h"
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

// One chunk of each row, of which `count` values are there: row after row.
template <typename Family, int kHeight>
void pack_chunk(const float* x, int64_t stride, int64_t count, const Quantizer* quantizers, uint8_t* to,
                RowSums& sums) {
    static_assert(kQuadBytes<Family::kBits> == 4);
    for (int r = 0; r < kHeight; ++r) {
        for (int half = 0; half < 2; ++half, to += 16) {
            const int at = 16 * half;
            const int8x16_t codes = quantize<Family::kRounding>(x + r * stride + at, count - at, quantizers[r]);
            sums.of_row[r] = vpadalq_s16(sums.of_row[r], vpaddlq_s8(codes));
            vst1q_s8(reinterpret_cast<int8_t*>(to), codes);
        }
    }
}

// ---- Multiplication

// The i-th code of each byte.
template <int kBits>
int8x16_t unpack(uint8x16_t packed, int i) {
    if constexpr (kBits == 8) return vreinterpretq_s8_u8(packed);
    const uint8x16_t shifted = packed >> static_cast<uint8_t>(kBits * i);
    return vreinterpretq_s8_u8(kBits * (i + 1) == 8 ? shifted : vandq_u8(shifted, vdupq_n_u8((1 << kBits) - 1)));
}

template <typename Family>
[[gnu::always_inline]] inline void load_codes(const uint8_t* weights, PairCodes& codes) {
    constexpr int kBits = Family::kBits;
#pragma GCC unroll 8
    for (int t = 0; t < kBits; ++t) {
#pragma GCC unroll 2
        for (int v = 0; v < kPairVectors; ++v) {
            const uint8x16_t packed = vld1q_u8(weights + (t * kPanelVectors + v) * 16);
#pragma GCC unroll 4
            for (int i = 0; i < 8 / kBits; ++i) codes[quad_at<Family>(t, i)][v] = unpack<kBits>(packed, i);
        }
    }
}

// Each quad of a chunk of a row, four times.
[[gnu::always_inline]] inline void load_row(const uint8_t* lhs, int8x16_t (&x)[kChunkQuads]) {
#pragma GCC unroll 2
    for (int i = 0; i < kChunkQuads; i += 4) {
        const int32x4_t quads = vreinterpretq_s32_u8(vld1q_u8(lhs + 4 * i));
        x[i] = vreinterpretq_s8_s32(vdupq_laneq_s32(quads, 0));
        x[i + 1] = vreinterpretq_s8_s32(vdupq_laneq_s32(quads, 1));
        x[i + 2] = vreinterpretq_s8_s32(vdupq_laneq_s32(quads, 2));
        x[i + 3] = vreinterpretq_s8_s32(vdupq_laneq_s32(quads, 3));
    }
}

// Calls add(row, vector, products) with the sums over a chunk: of each column two neighbouring lanes, not yet added.
template <typename Family, int kHeight, int kVectors, typename Add>
[[gnu::always_inline]] inline void multiply_chunk(const uint8_t* weights, const uint8_t* lhs, const Add& add) {
    Products s;
    if constexpr (kHeight == 1) {
        int8x16_t x[kChunkQuads];
        load_row(lhs, x);
#pragma GCC unroll 8
        for (int v = 0; v < kVectors; v += kPairVectors) {
            Family::kBits == 4 ? multiply_int4(weights + 16 * v, x, s) : multiply_int2(weights + 16 * v, x, s);
            add(0, v, vpaddq_s16(s[0], s[1]));
            add(0, v + 1, vpaddq_s16(s[2], s[3]));
        }
    } else {
        PairCodes codes;
        load_codes<Family>(weights, codes);
#pragma GCC unroll 4
        for (int r = 0; r < kHeight; ++r) {
            multiply_row(codes, lhs + kChunk * r, s);
            add(r, 0, vpaddq_s16(s[0], s[1]));
            add(r, 1, vpaddq_s16(s[2], s[3]));
        }
    }
}

// Sums of rows with columns over a group.
template <typename Family, int kHeight, int kVectors, bool kPairs>
struct Sums {
    Ints of[kHeight][kVectors];

    [[gnu::always_inline]] void start(int row, int32_t value) {
#pragma GCC unroll 8
        for (int v = 0; v < kVectors; ++v) of[row][v] = broadcast(value);
    }
    [[gnu::always_inline]] Ints total(int row, int v) const { return of[row][v]; }

    [[gnu::always_inline]] void add_chunk(const uint8_t* weights, const uint8_t* lhs) {
        multiply_chunk<Family, kHeight, kVectors>(
            weights, lhs, [&](int r, int v, int16x8_t products) { of[r][v] = vpadalq_s16(of[r][v], products); });
    }
};

template <int kCodeBits>
struct Channel;

template <int kVectors, bool kPairs>
struct Sums<Channel<8>, 1, kVectors, kPairs> {
    Ints of[kVectors];

    [[gnu::always_inline]] void start(int, int32_t) {
#pragma GCC unroll 8
        for (Ints& sum : of) sum = broadcast(0);
    }
    [[gnu::always_inline]] Ints total(int, int v) const { return of[v]; }

    [[gnu::always_inline]] void add_chunk(const uint8_t* weights, const uint8_t* lhs) {
        int8x16_t x[kChunkQuads];
        load_row(lhs, x);
#pragma GCC unroll 8
        for (int v = 0; v < kVectors; v += kPairVectors) {
            Totals t;
            multiply_int8<kPairs>(weights + 16 * v, x, t);
            of[v] = vaddq_s32(of[v], vpaddq_s32(t[0], t[1]));
            of[v + 1] = vaddq_s32(of[v + 1], vpaddq_s32(t[2], t[3]));
        }
    }
};

// Several rows with int8 weights: in memory, and the lanes of a column not added before the end.
template <int kHeight, bool kPairs>
struct Sums<Channel<8>, kHeight, kPairVectors, kPairs> {
    Totals of[kHeight];

    [[gnu::always_inline]] void start(int row, int32_t) {
        for (Ints& sum : of[row]) sum = broadcast(0);
    }
    [[gnu::always_inline]] Ints total(int row, int v) const { return vpaddq_s32(of[row][2 * v], of[row][2 * v + 1]); }

    [[gnu::always_inline]] void add_chunk(const uint8_t* weights, const uint8_t* lhs) {
        PairCodes codes;
        load_codes<Channel<8>>(weights, codes);
#pragma GCC unroll 4
        for (int r = 0; r < kHeight; ++r) multiply_add_row<kPairs>(codes, lhs + kChunk * r, of[r]);
    }
};

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
#pragma GCC unroll 8
        for (int v = 0; v < kVectors; ++v) {
            const int column = kLanes * (vector + v);
            const Floats value = vaddq_f32(Family::finish(acc[r][v], panel_end, column, row),
                                           load_floats(bias + column * sizeof(float)));
            store_first(tile.y + r * tile.y_stride + column, tile.columns - column,
                        vminq_f32(vmaxq_f32(value, lo), hi));
        }
    }
}

template <typename Family, int kHeight, int kVectors, Grouping kGrouping, bool kPairs>
[[gnu::always_inline]] inline void multiply_part(const Tile& tile, int vector) {
    using GroupRow = typename Family::GroupRow;
    const int64_t groups = kGrouping == Grouping::kChannel ? 1 : tile.groups;
    [[maybe_unused]] const int64_t chunks = kGrouping == Grouping::kChunks ? 1 : tile.chunks;
    const uint8_t* weights = tile.panel;
    const uint8_t* lhs = tile.lhs;
    Floats acc[kHeight][kVectors];
#pragma GCC unroll 4
    for (int r = 0; r < kHeight; ++r) {
#pragma GCC unroll 8
        for (int v = 0; v < kVectors; ++v) acc[r][v] = broadcast(0.0f);
    }

    for (int64_t g = 0; g < groups; ++g) {
        GroupRow rows[kHeight];
#pragma GCC unroll 4
        for (int r = 0; r < kHeight; ++r, lhs += sizeof(GroupRow)) rows[r] = load<GroupRow>(lhs);
        const auto column = [&](int v) { return kLanes * (vector + v); };
        if constexpr (kGrouping == Grouping::kChunks && kHeight > 1) {
            const uint8_t* const end = weights + kChunkBytes<Family>;
            multiply_chunk<Family, kHeight, kVectors>(
                weights + vector * 16, lhs, [&](int r, int v, int16x8_t products) {
                    const Ints sum = vpadalq_s16(broadcast(rows[r].start), products);
                    acc[r][v] = Family::add_group(acc[r][v], sum, Family::load_group(end, column(v)), rows[r]);
                });
            weights = end;
            lhs += kChunk * kHeight;
        } else {
            Sums<Family, kHeight, kVectors, kPairs> sums;
#pragma GCC unroll 4
            for (int r = 0; r < kHeight; ++r) sums.start(r, rows[r].start);
            for (int64_t c = 0; c < chunks; ++c) {
                sums.add_chunk(weights + vector * 16, lhs);
                weights += kChunkBytes<Family>;
                lhs += kChunk * kHeight;
            }
#pragma GCC unroll 8
            for (int v = 0; v < kVectors; ++v) {
                const auto columns = Family::load_group(weights, column(v));
#pragma GCC unroll 4
                for (int r = 0; r < kHeight; ++r) {
                    acc[r][v] = Family::add_group(acc[r][v], sums.total(r, v), columns, rows[r]);
                }
            }
        }
        weights += kGroupEndBytes<Family>;
    }
    store<Family>(tile, vector, acc, weights, lhs);
}

template <typename Family, int kHeight, Grouping kGrouping, bool kPairs>
void multiply_parts(const Tile& tile) {
    constexpr int kVectors = kHeight == 1 ? kPanelVectors : kPairVectors;
    for (int vector = 0; vector < kPanelVectors && kLanes * vector < tile.columns; vector += kVectors) {
        multiply_part<Family, kHeight, kVectors, kGrouping, kPairs>(tile, vector);
    }
}

// Whether products with int8 weights may be added up by two: see kernels/codes/neon_products.h.
inline bool pairs_fit(const uint8_t* lhs, int64_t chunks) {
    int8x16_t lowest = vdupq_n_s8(0);
#pragma GCC unroll 4
    for (int64_t c = 0; c < chunks; ++c, lhs += kChunk) {
        const int8x16_t first = vreinterpretq_s8_u8(vld1q_u8(lhs));
        lowest = vminq_s8(lowest, vmaxq_s8(first, vreinterpretq_s8_u8(vld1q_u8(lhs + 16))));
    }
    return vminvq_s8(lowest) > -128;
}

constexpr int panels_at_once(int) { return 1; }
inline int panels_at_once_here(int) { return 1; }

template <typename Family, int kHeight, Grouping kGrouping>
void multiply_tile(const Tile& tile) {
    if constexpr (Family::kBits == 8) {
        static_assert(kGrouping == Grouping::kChannel);
        if (!pairs_fit(tile.lhs + kHeight * sizeof(typename Family::GroupRow), tile.chunks * kHeight)) {
            return multiply_parts<Family, kHeight, kGrouping, false>(tile);
        }
    }
    multiply_parts<Family, kHeight, kGrouping, true>(tile);
}

}  // namespace
}  // namespace ks
