// SPDX-License-Identifier: Apache-2.0
// What the kernels for weights in codes share: families, how activations are laid out, and the loop over panels and
// tiles. Included by files that are compiled for different instruction sets, hence the anonymous namespace.
//
// A family is what a format says of itself: a struct, in a header of its own, with
//   kBits, kGrouping                 of the weights
//   kGroupBytes, kEndBytes           of a column in a panel: after the codes of each group, after all groups
//   kRounding, kQuantizedPerGroup    of the activations
//   quantizer(extremes, fixed)       how a row, or the part of it in one group, becomes codes
//   GroupRow, group_row(), EndRow, end_row()                what a row of activations keeps for these:
//   GroupColumns, load_group(), add_group(), finish()       the arithmetic up to the bias, on vectors of columns
//
// Activations are a sequence of row tiles. A tile is: for each group the GroupRow of each row, then for each 4 values
// along k (on NEON 32) their codes, row by row; after the groups the EndRow of each row. k is padded to whole chunks,
// where weights have value 0.
#pragma once

#include <float.h>
#include <stddef.h>
#include <stdint.h>

#include <type_traits>

#include "float_bits.h"
#include "kernels/kernels.h"
#include "kernels/row_tiles.h"

namespace ks {
namespace {

constexpr int kColumns = 32;  // a panel
constexpr int kLine = 64;     // bytes of a cache line
// Values along k whose codes stand together in every one of the layouts.
constexpr int kChunk = 32;
// How far ahead a lone tile, which reads every weight once, fetches its own panel from memory, and each of several.
constexpr int kFetchDistance = 9216;
constexpr int kFetchDistanceEach = 1152;

// Word by word: what is broadcast comes from memory then, and not by way of a general register.
template <typename T>
T load(const uint8_t* from) {
    static_assert(sizeof(T) % sizeof(int32_t) == 0, "made of words");
    T value;
#pragma GCC unroll 4
    for (size_t i = 0; i < sizeof value; i += sizeof(int32_t)) {
        __builtin_memcpy(reinterpret_cast<uint8_t*>(&value) + i, from + i, sizeof(int32_t));
    }
    return value;
}

// ---- Families

enum class Grouping : uint8_t { kChannel, kChunks, kGiven };

enum class Rounding : uint8_t { kHalfAway, kHalfEven };

struct Nothing {};

template <typename T>
constexpr int kBytes = std::is_empty_v<T> ? 0 : static_cast<int>(sizeof(T));

inline int64_t padded_k(int64_t k) { return (k + kChunk - 1) / kChunk * kChunk; }

template <typename Family>
int64_t group_values(int64_t k, int64_t group) {
    switch (Family::kGrouping) {
        case Grouping::kChannel:
            return padded_k(k);
        case Grouping::kChunks:
            return kChunk;
        default:
            return group;
    }
}

// The code of value 0.
template <typename Family>
constexpr int kZeroCode = Family::kBits == 8 ? 0 : 1 << (Family::kBits - 1);

// 32 values of a column lie in kBits dwords; the i-th codes of the four bytes of dword `t` are those of this quad.
template <typename Family>
constexpr int quad_at(int t, int i) {
    return Family::kBits == 4 ? t + 4 * i : t * (8 / Family::kBits) + i;
}

template <typename Family>
constexpr int kChunkBytes = Family::kBits * (kColumns * kChunk / 8);
template <typename Family>
constexpr int kGroupEndBytes = Family::kGroupBytes * kColumns;

// ---- Activations

// Of some values and 0; `has_nan` says that a NaN was left out.
struct Extremes {
    float lo;
    float hi;
    bool has_nan;

    float magnitude() const { return has_nan ? __builtin_nanf("") : hi > -lo ? hi : -lo; }
};

// code = clamp(round(x * multiplier) + zero_point, -128, 127); see ks_matmul(). Where the scale is NaN every result is,
// whatever the codes.
struct Quantizer {
    float multiplier;
    int32_t zero_point;
    float scale;
};

constexpr Quantizer kNotFinite = {0, 0, __builtin_nanf("")};

inline Quantizer quantizer_of_row(const Extremes& row, const RowQuantization* fixed) {
    const float range = row.hi - row.lo;
    if (row.has_nan || !(range <= FLT_MAX)) return kNotFinite;
    if (fixed != nullptr) return {1, fixed->zero_point, fixed->scale};
    const float multiplier = range == 0 ? 1.0f : 255.0f / range;
    if (multiplier > FLT_MAX) return {0, 0, 0};
    const float low = row.lo * multiplier;
    const float high = row.hi * multiplier;
    const float error = (-128.0f + low) + (127.0f + high);
    float zero_point = error > 0 ? -128.0f - low : 127.0f - high;
    zero_point = zero_point < -128.0f ? -128.0f : zero_point > 127.0f ? 127.0f : zero_point;
    return {multiplier, round_to_even(zero_point), 1.0f / multiplier};
}

// Where the scale that a whole row would have is not finite, none of its groups has a result.
inline Quantizer quantizer_in_row(const Quantizer& row, const Quantizer& group) {
    return row.scale <= FLT_MAX ? group : kNotFinite;
}

// kRowQuadBytes: of a quad in one row.
template <typename Family, int kRowQuadBytes>
int64_t lhs_row_bytes(int64_t k, int64_t group) {
    const int64_t padded = padded_k(k);
    return padded / 4 * kRowQuadBytes + padded / group_values<Family>(k, group) * kBytes<typename Family::GroupRow> +
           kBytes<typename Family::EndRow>;
}

// ---- Multiplication

// A tile of rows by one panel, or by several that are apart.
struct Tile {
    const uint8_t* panel;
    int panels;
    int64_t panel_step;   // bytes from one to the next
    int64_t column_step;  // in y
    const uint8_t* lhs;
    int64_t groups;
    int64_t chunks;  // in a group
    // Where to fetch the next panel from, for the tiles that follow: so many lines a chunk. 0: fetch the own panel.
    const uint8_t* next;
    int64_t next_lines;
    float* y;
    int64_t y_stride;
    int64_t columns;
    float lo;
    float hi;
};

using TileFunction = void (*)(const Tile& tile);

// Lines of a chunk.
template <typename Family, Grouping kGrouping>
constexpr int kChunkLines =
    (kChunkBytes<Family> + (kGrouping == Grouping::kChannel ? 0 : kGroupEndBytes<Family>)) / kLine;

// Fetches a chunk and, where it is a group, what follows.
template <typename Family, Grouping kGrouping>
[[gnu::always_inline]] inline void fetch_chunk(const uint8_t* from) {
#pragma GCC unroll 16
    for (int i = 0; i < kChunkLines<Family, kGrouping>; ++i) __builtin_prefetch(from + kLine * i);
}

// Fetches what a chunk asks for; `weights` is where its codes are.
template <typename Family, Grouping kGrouping>
[[gnu::always_inline]] inline void fetch(const Tile& tile, const uint8_t* weights, const uint8_t*& next) {
    if (tile.next_lines == 0) fetch_chunk<Family, kGrouping>(weights + kFetchDistance);
    for (int64_t i = 0; i < tile.next_lines; ++i, next += kLine) __builtin_prefetch(next, 0, 2);
}

// Of the tier: how many panels a lone tile of so many rows takes at once.
constexpr int panels_at_once(int height);

// How far apart the panels of a tile are that takes `at_once` of `panels`, so that each reads a part of its own from
// end to end: what the processor fetches ahead in several places comes from memory faster than from one. Odd, since
// places that are a multiple of 4 KiB apart would share the sets of a cache.
inline int64_t panels_apart(int64_t panels, int at_once) {
    const int64_t apart = panels / at_once;
    return apart > 0 && apart % 2 == 0 ? apart - 1 : apart;
}

template <typename Family, int kRowQuadBytes>
void run_tiles(const MatMul& mm, const RowTiles& tiles, const TileFunction* by_height, int64_t n_begin, int64_t n_end) {
    const int64_t chunks = padded_k(mm.k) / kChunk;
    const int64_t values = group_values<Family>(mm.k, mm.group);
    const int64_t row_bytes = lhs_row_bytes<Family, kRowQuadBytes>(mm.k, mm.group);
    Tile tile;
    tile.groups = padded_k(mm.k) / values;
    tile.chunks = values / kChunk;
    const int64_t panel_bytes =
        chunks * kChunkBytes<Family> + tile.groups * kGroupEndBytes<Family> + kColumns * Family::kEndBytes;
    // Each tile fetches its share of the next panel.
    const int64_t share = (panel_bytes / kLine + tiles.count - 1) / tiles.count;
    tile.next_lines = tiles.count == 1 ? 0 : (share + chunks - 1) / chunks;
    tile.y_stride = mm.y_stride;
    tile.lo = mm.lo;
    tile.hi = mm.hi;
    const auto multiply = [&](int64_t n, int panels, int64_t apart) {
        tile.panel = mm.panels + n / kColumns * panel_bytes;
        tile.panels = panels;
        tile.panel_step = apart * panel_bytes;
        tile.column_step = apart * kColumns;
        tile.columns = n_end - n;
        for (int64_t i = 0; i < tiles.count; ++i) {
            const int64_t row = tiles.first(i);
            tile.lhs = mm.lhs + row * row_bytes;
            tile.next = tile.panel + panel_bytes + i * share * kLine;
            tile.y = mm.y + row * mm.y_stride + n;
            by_height[tiles.height(i) - 1](tile);
        }
    };
    int64_t n = n_begin;
    const int at_once = tiles.count == 1 ? panels_at_once(tiles.height(0)) : 1;
    while (at_once > 1 && n_end - n >= at_once * kColumns) {
        const int64_t apart = panels_apart((n_end - n) / kColumns, at_once);
        for (int64_t i = 0; i < apart; ++i) multiply(n + i * kColumns, at_once, apart);
        n += apart * at_once * kColumns;
    }
    for (; n < n_end; n += kColumns) multiply(n, 1, 1);
}

}  // namespace
}  // namespace ks
